-- stderr: empty
local tm, check = require "tidemill", require "_helper"

local future = tm.future()
local waiter = tm.spawn(function() return future:join() end)
tm.yield()
future:fail("heard")
check.equal({ waiter:await() }, { false, "heard" })
