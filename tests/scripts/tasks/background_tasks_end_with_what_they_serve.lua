local tm, check = require "tidemill", require "_helper"

local beats, closed = 0, {}
local function heartbeat(name)
  local _ <close> = setmetatable({}, { __close = function(_, err) closed[name] = err.kind end })
  while true do
    beats = beats + 1
    tm.sleep(0.001)
  end
end
-- Of a task, after its last child.
local beat
local task = tm.spawn(function()
  beat = tm.background(heartbeat, "task")
  tm.spawn(function() repeat tm.sleep(0.001) until beats > 1 end)
  return "result"
end)
check.equal(task:await(), "result")
check.truthy(beats > 1, beats)
check.equal({ beat:status(), closed }, { "cancelled", { task = "cancelled" } })
-- Of a scope, which that does not end as cancelled.
check.equal(tm.scope(function(scope)
  tm.background(heartbeat, "scope")
  scope:spawn(tm.sleep, 0.002)
  return "result"
end), "result")
check.equal(closed.scope, "cancelled")
check.equal(tm.timeout(60, function() tm.background(heartbeat, "timeout") tm.yield() return "result" end), "result")
check.equal(closed.timeout, "cancelled")
-- Of a job.
local pool <close> = tm.pool { workers = 1 }
check.equal(pool:submit(function()
  tm.background(function() while true do tm.sleep(0.001) end end)
  tm.sleep(0.003)
  return "job"
end):await(), "job")

-- A failing one fails what it serves.
local err = check.raises(function()
  tm.scope(function() tm.background(error, "background") tm.sleep(60) end)
end)
check.equal(err.errors, { n = 1, "background" })
-- It has arguments and results like any other.
check.equal({ tm.background(function(...) return ... end, 1, 2):await() }, { 1, 2 })
check.raises(function() tm.background() end, "function expected")
tm.background(heartbeat, "main")
