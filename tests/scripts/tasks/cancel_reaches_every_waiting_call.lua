local tm, check = require "tidemill", require "_helper"

local held, ch, full, other = tm.mutex(), tm.channel(), tm.channel(1), tm.spawn(tm.sleep, 60)
held:lock()
full:send(1)
local permits, set, count, rw = tm.semaphore(0), tm.event(), tm.latch(1), tm.rwlock()
local tokens, barrier, changed, once = tm.limiter(0), tm.barrier(2), tm.condition(), tm.once()
rw:write()
tm.spawn(function() once:call(set.wait, set) end)
local pool <close> = tm.pool { workers = 1, queue = 1 }
local waits = {
  sleep = function() tm.sleep(60) end,
  recv = function() ch:recv() end,
  recv_timed = function() ch:recv(60) end,
  iterate = function() for _ in ch do end end,
  send = function() full:send(2) end,
  send_timeout = function() full:send_timeout(60, 2) end,
  select = function() tm.select { ch, full:sending(2) } end,
  select_timed = function() tm.select({ ch, full:sending(2) }, 60) end,
  lock = function() held:lock() end,
  try_lock = function() held:try_lock(60) end,
  with = function() held:with(print) end,
  acquire = function() permits:acquire() end,
  try_acquire = function() permits:try_acquire(60) end,
  token = function() tokens:acquire() end,
  read = function() rw:read() end,
  write = function() rw:write() end,
  try_write = function() rw:try_write(60) end,
  event = function() set:wait() end,
  latch = function() count:wait(60) end,
  barrier = function() barrier:wait() end,
  condition = function()
    local _ <close> = changed:lock()
    changed:wait()
  end,
  wait_for = function()
    local _ <close> = changed:lock()
    changed:wait_for(function() return false end, 60)
  end,
  once = function() once:call(print) end,
  await = function() other:await() end,
  join = function() other:join(60) end,
}
for name, wait in pairs(waits) do
  for _, where in ipairs { "here", "pool" } do
    if where == "here" or (name ~= "await" and name ~= "join") then
      local task = where == "here" and tm.spawn(wait) or pool:submit(wait)
      if where == "here" then tm.yield() else tm.sleep(0.003) end
      check.equal(task:cancel(), true, name)
      local ok, err = task:join(10)
      check.equal({ ok, err.kind, task:status() }, { false, "cancelled", "cancelled" }, name .. " " .. where)
      check.equal(task:cancel(), false)
    end
  end
end
check.equal(other:status(), "waiting")  -- cancelling who awaits does not cancel what is awaited
other:cancel()
for _, object in ipairs { permits, rw, tokens, set, count, barrier, changed } do
  local text = tostring(object)
  check.truthy(text:find " 0 waiting" or text:find "0/2 waiting" or text:find "1 waiting" and object == set, text)
end
set:set()
check.equal({ changed:locked(), tokens:borrowed(), permits:value() }, { false, 0, 0 })
check.equal(ch:stats().receivers_waiting + full:stats().senders_waiting, 0)
