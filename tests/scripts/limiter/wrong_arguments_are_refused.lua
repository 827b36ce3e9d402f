local tm, check = require "tidemill", require "_helper"

check.raises(function() tm.limiter() end, "wrong_arguments_are_refused.lua:%d+:.*total")
check.raises(function() tm.limiter(-1) end, "total")
check.raises(function() tm.limiter "x" end, "total")
local l = tm.limiter(1)
check.raises(function() l:resize() end, "number")
check.raises(function() l:resize(-1) end, "negative")
check.raises(function() l:acquire(0 / 0) end, "NaN")
check.raises(function() l.acquire(tm.semaphore()) end, "limiter")
check.equal({ l:borrowed(), l:total() }, { 0, 1 })
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(a, b) return a == b and a end, l, l):await() == l)
