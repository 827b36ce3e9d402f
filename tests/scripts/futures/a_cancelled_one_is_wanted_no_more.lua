local tm, check = require "tidemill", require "_helper"

local future = tm.future()
local waiter = tm.spawn(function() return pcall(future.await, future) end)
tm.yield()
check.equal(future:cancel("too late"), true)
check.equal(future:cancel(), false)
check.equal(future:status(), "cancelled")
check.equal(future:resolve(1), false)
check.equal(future:fail("x"), false)

-- It was the future that was cancelled, not the one who waits.
local ok, err = waiter:await()
check.equal({ ok, err.kind, err.reason }, { false, "cancelled", "too late" })
check.equal(err.task, future)
check.equal(waiter:status(), "done")

-- Cancelling who waits leaves the future alone.
local other = tm.future()
local impatient = tm.spawn(function() other:await() end)
tm.yield()
impatient:cancel()
impatient:join()
check.equal(other:resolve("still"), true)
check.equal(other:await(), "still")
