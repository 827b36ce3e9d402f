local tm, check = require "tidemill", require "_helper"

local gate = tm.channel()
local function waiting() gate:recv() return "opened" end
local stays = tm.spawn(waiting)
local done_before = tm.spawn(function() return 1 end)
done_before:await()
local failed = tm.spawn(error, "e")
failed:join()

local done, pending = tm.wait({ stays, done_before, failed, stays }, "first")
check.equal({ #done, done[1] == done_before, done[2] == failed, #pending, pending[1] == stays },
  { 2, true, true, 1, true })
done, pending = tm.wait({ stays, done_before }, "all", 0.005)
check.equal({ #done, #pending }, { 1, 1 })
done, pending = tm.wait({ stays, done_before }, nil, 0)
check.equal({ #done, #pending }, { 1, 1 })
-- "first_error" goes on after a success, and is satisfied when all have ended.
done, pending = tm.wait({ stays, done_before, function() tm.sleep(0.003) error("late", 0) end }, "first_error")
check.equal({ #done, #pending, done[2]:join() }, { 2, 1, false, "late" })
done, pending = tm.wait({ done_before, function() return 2 end }, "first_error")
check.equal({ #done, #pending }, { 2, 0 })
-- Functions run as children; nothing is cancelled.
done, pending = tm.wait({ waiting, done_before }, "first")
check.equal({ #done, #pending, pending[1]:status() }, { 1, 1, "queued" })
gate:send(1)
gate:send(2)
done, pending = tm.wait { stays, pending[1] }
check.equal({ #done, #pending, done[1]:await() }, { 2, 0, "opened" })
done, pending = tm.wait {}
check.equal({ #done, #pending }, { 0, 0 })
check.raises(function() tm.wait({}, "some") end, "'all', 'first' or 'first_error' expected")
check.raises(function() tm.wait({}, "all", 0 / 0) end, "NaN")
