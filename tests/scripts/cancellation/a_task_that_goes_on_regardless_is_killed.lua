-- After the grace period, at its next blocking call; nothing catches that, and `<close>` runs.
-- stderr~ was cancelled, and is killed
local tm, check = require "tidemill", require "_helper"

check.equal(tm.grace(), 1)
check.equal({ tm.grace(0.01), tm.grace() }, { 0.01, 0.01 })
check.raises(function() tm.grace(0 / 0) end, "NaN")
check.raises(function() tm.grace "x" end, "number expected")

local function stubborn() while true do pcall(tm.sleep, 60) end end
local catchers = {
  pcall = stubborn,
  xpcall = function() while true do xpcall(tm.sleep, function(err) return err end, 60) end end,
  nested_pcall = function() while true do pcall(pcall, pcall, tm.sleep, 60) end end,
  resume = function() while true do coroutine.resume(coroutine.create(stubborn)) end end,
  wrap = function() while true do pcall(coroutine.wrap(stubborn)) end end,
  wrap_waits = function() while true do pcall(coroutine.wrap(tm.sleep), 60) end end,
  close = function()
    while true do
      local co = coroutine.create(function()
        local _ <close> = setmetatable({}, { __close = function() pcall(tm.yield) end })
        coroutine.yield()
      end)
      coroutine.resume(co)
      pcall(coroutine.close, co)
      pcall(tm.yield)
    end
  end,
  metamethod = function()
    local object = setmetatable({}, { __index = function() tm.sleep(60) end })
    while true do pcall(function() return object.field end) end
  end,
  iterator = function() while true do pcall(function() for _ in tm.channel() do end end) end end,
  in_close = function()
    while true do
      pcall(function()
        local _ <close> = setmetatable({}, { __close = function() pcall(tm.sleep, 60) end })
        tm.sleep(60)
      end)
    end
  end,
  locks = function()
    local mutex, ch = tm.mutex(), tm.channel()
    pcall(tm.sleep, 60)
    while true do pcall(mutex.try_lock, mutex) pcall(ch.try_recv, ch) end
  end,
  awaits = function()
    local child = tm.spawn(tm.sleep, 60)
    while true do pcall(child.await, child) end
  end,
  scopes = function() while true do pcall(tm.scope, function() pcall(tm.sleep, 60) end) end end,
  timeouts = function() while true do pcall(tm.timeout, 60, function() pcall(tm.sleep, 60) end) end end,
  all = function() while true do pcall(tm.all, { function() pcall(tm.sleep, 60) end }) end end,
}
local closed = {}
local tasks = {}
for name, catcher in pairs(catchers) do
  tasks[name] = tm.spawn(function()
    local _ <close> = setmetatable({}, { __close = function()
      closed[name] = "closed"
      pcall(tm.yield)
      closed[name] = "waited after the kill"
    end })
    catcher()
    closed[name] = "went on"
  end)
end
tm.yield()
tm.yield()
for _, task in pairs(tasks) do task:cancel "killed" end
for name, task in pairs(tasks) do
  local ok, err = task:join(1000)
  check.equal({ ok, type(err) }, { false, "table" }, name .. " goes on")
  check.equal({ err.kind, err.reason, task:status() }, { "cancelled", "killed", "cancelled" }, name)
  check.equal(closed[name], "closed", name)
end

-- The whole of a job likewise.
local pool <close> = tm.pool { workers = 1 }
local entered = tm.channel(1)
local job = pool:submit(function()
  entered:send(1)
  while true do pcall(tm.sleep, 60) end
end)
entered:recv()
job:cancel()
check.equal({ job:join(1000), job:status() }, { false, "cancelled" })
check.equal(pool:submit(function() tm.yield() return "alive" end):await(), "alive")
