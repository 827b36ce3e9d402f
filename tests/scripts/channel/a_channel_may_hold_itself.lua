-- only: release debug tsan
-- No reference cycle keeps it: nothing is left when the engine ends.
local tm, check = require "tidemill", require "_helper"

local a, b = tm.channel(2), tm.channel(2)
a:send(a)
a:send { b }
b:send(a)
check.equal({ #a, #b }, { 2, 1 })
