local tm, check = require "tidemill", require "_helper"

local o = tm.once()
local err = check.raises(function()
  o:call(function() return o:call(print) end)
end, "calling_it_from_inside_raises_deadlock.lua:%d+:")
check.equal(err.kind, "deadlock")
check.raises(function() tm.once():call() end, "function")
check.raises(function() tm.once().call(5, print) end, "once")
local fresh = tm.once()
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(a, b) return a == b and a end, fresh, fresh):await() == fresh)
