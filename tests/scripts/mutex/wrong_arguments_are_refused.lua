local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
check.raises(function() m:lock(0 / 0) end, "wrong_arguments_are_refused.lua:%d+:.*NaN")
check.raises(function() m:try_lock(0 / 0) end, "NaN")
check.raises(function() m:lock "soon" end, "number")
check.raises(function() m.lock() end, "mutex")
check.raises(function() m.lock(tm.channel()) end, "mutex")
check.raises(function() m.unlock {} end, "mutex")
check.raises(function() tm.mutex { recursiv = true } end, "recursiv")
check.raises(function() tm.mutex { recursive = 1 } end, "recursive")
check.raises(function() tm.mutex { name = 5 } end, "name")
check.raises(function() tm.mutex "name" end, "table")
check.equal(m:locked(), false)
