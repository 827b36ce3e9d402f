-- Thousands of tasks in random waits, cancelled in random order by this task and by jobs: afterwards all
-- have ended, and no waiter is left anywhere.
local tm, check = require "tidemill", require "_helper"

local seed = tonumber(arg[1]) or os.time() * 1000 + math.floor(tm.now() * 1e6) % 1000
math.randomseed(seed)
tm.grace(60)  -- no kills, however slow the machine is
local count, cancellers = check.times(10000, 1000), 3

local channels, mutexes, never = {}, {}, {}
for i = 1, 30 do channels[i] = tm.channel((i - 1) % 3) end
for i = 1, 10 do mutexes[i] = tm.mutex() end
for i = 1, 10 do never[i] = tm.channel() end
local function any(list) return list[math.random(#list)] end

local tasks, closed, begun = {}, 0, 0
local kinds  -- of wait
kinds = {
  function() any(channels):recv() end,
  function() any(channels):recv(math.random() * 0.05) end,
  function() any(channels):send(math.random(100)) end,
  function() any(channels):send_timeout(math.random() * 0.05, "timed") end,
  function() tm.sleep(60) end,
  function() tm.sleep(math.random() * 0.05) end,
  function() local _ <close> = any(mutexes):lock() tm.sleep(math.random() * 0.002) end,
  function()
    local mutex = any(mutexes)
    if mutex:try_lock(math.random() * 0.05) then
      local _ <close> = mutex
      tm.yield()
    end
  end,
  function() any(mutexes):with(any(kinds)) end,
  function() tasks[math.random(#tasks)]:join() end,
  function() tasks[math.random(#tasks)]:join(math.random() * 0.05) end,
  function() tm.scope(function(scope) scope:spawn(any(kinds)) any(kinds)() end) end,
  function() tm.scope(function(scope) scope:spawn(function() any(never):recv() end) end) end,
  function() tm.timeout(math.random() * 0.05, any(kinds)) end,
  function() tm.spawn(pcall, any(kinds)) any(never):recv() end,
  function() tm.race { function() pcall(any(kinds)) end, function() pcall(any(kinds)) end } end,
  function() tm.shield(function() tm.sleep(math.random() * 0.005) end) end,
  function() while true do tm.yield() end end,
}
-- What a wait may end with. Whoever joins itself, or locks what it holds, gets `deadlock`.
local expected = { cancelled = true, timeout = true, deadlock = true, group = true }
local function is_expected(err)
  if type(err) == "string" then return err:find "does not hold" or err:find "not held" end
  return type(err) == "table" and expected[err.kind]
end
local surprise
local function wait_at_random(first)
  begun = begun + 1
  local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
  local kind = first
  while true do
    local ok, err = pcall(kind)
    if not ok and not is_expected(err) then surprise = surprise or tostring(err) end
    if not ok and err.kind == "cancelled" and err.task == tm.current() then error(err, 0) end
    kind = any(kinds)
    tm.yield()
  end
end
for i = 1, count do tasks[i] = tm.spawn(wait_at_random, any(kinds)) end

-- In random order; a part goes to jobs, which cancel from their workers.
for i = #tasks, 2, -1 do
  local j = math.random(i)
  tasks[i], tasks[j] = tasks[j], tasks[i]
end
local pool <close> = tm.pool { workers = cancellers }
local shares = {}
for i = 1, cancellers do shares[i] = tm.channel(64) end
local jobs = {}
for i = 1, cancellers do
  jobs[i] = pool:submit(function(share)
    local n = 0
    for task in share do
      if task:cancel "by a job" then n = n + 1 end
    end
    return n
  end, shares[i])
end
local own, given = 0, 0
for i, task in ipairs(tasks) do
  local who = math.random(0, cancellers)
  if who == 0 then
    own = own + (task:cancel "by main" and 1 or 0)
  else
    shares[who]:send(task)
    given = given + 1
  end
  if i % 64 == 0 then tm.yield() end
end
for i = 1, cancellers do shares[i]:close() end
for i = 1, cancellers do given = given - jobs[i]:await() end

local function verify()
  check.equal(given, 0, "jobs cancelled what had not ended")
  for _, task in ipairs(tasks) do
    local ok, err = task:join(1000)
    check.equal({ ok, ok == false and err.kind, task:status() }, { false, "cancelled", "cancelled" })
    check.truthy(err.reason == "by main" or err.reason == "by a job", err.reason)
  end
  check.equal(surprise, nil)
  check.equal(closed, begun)
  for _, list in ipairs { channels, never } do
    for _, ch in ipairs(list) do
      local stats = ch:stats()
      check.equal({ stats.senders_waiting, stats.receivers_waiting }, { 0, 0 })
      check.equal(stats.sent, stats.received + stats.length)
      -- It works as before.
      for _ = 1, stats.length do ch:recv(0) end
      local receiver = tm.spawn(function() return ch:recv() end)
      ch:send "after"
      check.equal(receiver:await(), "after")
    end
  end
  for _, mutex in ipairs(mutexes) do
    check.equal(mutex:locked(), false, tostring(mutex))
    check.equal(mutex:with(function() return "works" end), "works")
  end
end
local ok, err = pcall(verify)
if not ok then error(("seed %d (give it as the argument): %s"):format(seed, tostring(err)), 0) end
