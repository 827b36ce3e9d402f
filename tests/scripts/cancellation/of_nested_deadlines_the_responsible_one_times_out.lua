local tm, check = require "tidemill", require "_helper"

local function busy(seconds)
  local until_then = tm.now() + seconds
  repeat until tm.now() >= until_then
end
-- Which of two blocks raises `timeout`, the others get `cancelled`.
local function outcome(outer, inner, work)
  local inside, outside
  outside = select(2, pcall(tm.timeout, outer, function()
    inside = select(2, pcall(tm.timeout, inner, function()
      work()
      return { kind = "done" }
    end))
    tm.yield()
    return { kind = "done" }
  end))
  return { inside.kind, outside.kind }
end
local function sleep() tm.sleep(60) end
check.equal(outcome(60, 0.005, sleep), { "timeout", "done" })
check.equal(outcome(0.005, 60, sleep), { "cancelled", "timeout" })
check.equal(outcome(0.005, math.huge, sleep), { "cancelled", "timeout" })
check.equal(outcome(60, 60, tm.yield), { "done", "done" })
-- A worker that was busy past both: the inner one does not count as the outer one, nor the reverse.
check.equal(outcome(0.005, 60, function() busy(0.01) tm.sleep(5) end), { "cancelled", "timeout" })
check.equal(outcome(60, 0.005, function() busy(0.01) tm.sleep(5) end), { "timeout", "done" })
for _, deadlines in ipairs { { 0.004, 0.008 }, { 0.008, 0.004 }, { 0.004, 0.004 } } do
  local kinds = outcome(deadlines[1], deadlines[2], function() busy(0.02) tm.sleep(5) end)
  check.equal(kinds[2], "timeout")
  check.truthy(kinds[1] == "timeout" or kinds[1] == "cancelled", kinds[1])
end
-- A task that never waits for anything but its turn meets it, too.
check.equal(outcome(60, 0.01, function() while true do tm.yield() end end), { "timeout", "done" })
-- A wait's own timeout is neither.
check.equal(tm.timeout(60, function() return select(2, tm.channel():recv(0.001)) end), "timeout")
local err = check.raises(function() tm.timeout(60, function() tm.spawn(tm.sleep, 60):await(0.001) end) end,
  "has not ended in time")
check.equal(err.kind, "timeout")

-- Side by side.
local tasks = {}
for i = 1, 5 do
  tasks[i] = tm.spawn(function() return outcome(i % 2 == 0 and 60 or 0.005, i % 2 == 0 and 0.005 or 60, sleep) end)
end
for i = 1, 5 do
  check.equal(tasks[i]:await(), i % 2 == 0 and { "timeout", "done" } or { "cancelled", "timeout" })
end

-- In a scope with a timeout that is cancelled from outside, cancelled is what comes out.
local task = tm.spawn(function() tm.timeout(60, function() tm.scope(sleep, { timeout = 60 }) end) end)
tm.yield()
task:cancel()
local ok, problem = task:join()
check.equal({ ok, problem.kind, task:status() }, { false, "cancelled", "cancelled" })
