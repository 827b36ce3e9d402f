-- They are cancelled in the run queue, at once, while the task or block that made them winds up.
local tm, check = require "tidemill", require "_helper"

local started = 0
local function count() started = started + 1 end
for _ = 1, 100 do
  check.equal({ tm.spawn(function() tm.background(count) return "body" end):join() }, { true, "body" })
  local co = coroutine.create(function() tm.scope(function(scope) scope:spawn(count) coroutine.yield() end) end)
  coroutine.resume(co)
  check.equal(coroutine.close(co), true)
end
check.equal(started, 0)

-- One whose end is that of the next, while all of them are cancelled.
for _ = 1, check.times(100, 20) do
  local gate, scope = tm.channel(1), nil
  local canceller = tm.spawn(function()
    gate:recv()
    collectgarbage()
    scope:cancel()
  end)
  tm.yield()
  tm.scope(function(opened)
    scope = opened
    tm.background(function() tm.spawn(function() end) end)
    tm.yield()
    opened:spawn(function() end)
    gate:try_send(1)
  end)
  canceller:await()
end
