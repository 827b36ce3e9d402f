local tm, check = require "tidemill", require "_helper"

local event = tm.event()
event:set()
local problem = check.raises(function() tm.select(tm.freeze { event }) end, "got a frozen table")
check.truthy(tostring(problem):find("frozen_cases_are_refused.lua:5:", 1, true), problem)
check.equal(tm.select { event }, 1)
