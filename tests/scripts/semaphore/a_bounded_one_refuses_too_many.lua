local tm, check = require "tidemill", require "_helper"

local s = tm.semaphore(2, { bounded = true, name = "seats" })
check.raises(function() s:release() end, "a_bounded_one_refuses_too_many.lua:%d+:.*seats.*more permits")
s:acquire()
check.raises(function() s:release(2) end, "more permits")
check.equal(s:value(), 1)
s:release()
check.equal(s:value(), 2)
local free = tm.semaphore(0)
free:release(math.maxinteger)
check.raises(function() free:release() end, "more permits")
check.equal(free:value(), math.maxinteger)
