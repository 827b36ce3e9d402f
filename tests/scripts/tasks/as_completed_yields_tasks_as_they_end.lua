local tm, check = require "tidemill", require "_helper"

local gates = { tm.channel(), tm.channel(), tm.channel() }
local tasks = {}
for i = 1, 3 do tasks[i] = tm.spawn(function() gates[i]:recv() return i end) end
gates[2]:send(1)
local order = {}
for task in tm.as_completed(tasks) do
  order[#order + 1] = task:await()
  local next_gate = ({ [2] = 3, [3] = 1 })[order[#order]]
  if next_gate then gates[next_gate]:send(1) end
end
check.equal(order, { 2, 3, 1 })
-- Ended ones come at once, each task once, however it ended; functions are spawned.
local failed, cancelled = tm.spawn(error, "e"), tm.spawn(print)
cancelled:cancel()
failed:join()
local seen = {}
for task in tm.as_completed { failed, failed, cancelled, tasks[1], function() return "spawned" end } do
  seen[#seen + 1] = task:status()
  task:join()
end
check.equal(seen, { "failed", "cancelled", "done", "done" })
for _ in tm.as_completed {} do error "nothing" end

-- Leaving the loop ends the functions that were started for it, but not the tasks.
local stays, started = tm.spawn(function() gates[1]:recv() end), nil
for task in tm.as_completed { stays, function() return "first" end, function() started = tm.current() tm.sleep(60) end } do
  check.equal(task:await(), "first")
  break
end
check.equal(stays:status(), "waiting")
if started then check.equal({ started:join() , started:status() }, { false, "cancelled" }) end
-- Too late: timeout.
local err = check.raises(function() for _ in tm.as_completed({ stays }, 0.005) do end end, "1 of 1")
check.equal(err.kind, "timeout")
err = check.raises(function() for _ in tm.as_completed({ stays }, 0) do end end)
check.equal(err.kind, "timeout")
check.equal(tm.as_completed({ failed }, 0)() == failed, true)
check.raises(function() tm.as_completed({}, 0 / 0) end, "NaN")
gates[1]:send(1)
