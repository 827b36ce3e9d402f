local tm, check = require "tidemill", require "_helper"

local e = tm.event()
check.equal(tostring(e), "event not set, 0 waiting")
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(a, b) a:set() return a == b and a end, e, e):await() == e)
check.equal(tostring(e), "event set")
check.raises(function() e:wait(0 / 0) end, "NaN")
check.raises(function() e:wait "x" end, "number")
check.raises(function() e.set() end, "event")
check.raises(function() e.wait(tm.latch()) end, "event")
