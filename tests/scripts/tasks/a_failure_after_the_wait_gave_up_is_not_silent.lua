-- exit: 1
-- stderr~ failed after the poll
-- stderr~ failed after the timeout
local tm, check = require "tidemill", require "_helper"

local polled = tm.spawn(function() tm.sleep(0.05) error "failed after the poll" end)
check.equal({ polled:join(0) }, { nil, "timeout" })
local timed = tm.spawn(function() tm.sleep(0.05) error "failed after the timeout" end)
check.equal({ timed:join(0.001) }, { nil, "timeout" })
tm.sleep(0.1)
