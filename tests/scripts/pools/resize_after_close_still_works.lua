-- A closed pool that works its queue off may be given more workers for it, or fewer.
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1 }
local together = tm.barrier(3)
local jobs = {}
for i = 1, 3 do jobs[i] = pool:submit(function() return together:wait() end) end
check.raises(function() pool:close { timeout = 0 } end, "still has jobs running")
pool:resize(3)
for i = 1, 3 do jobs[i]:await() end
pool:resize(1)
pool:close()
pool:resize(2)
check.equal(pool:stats().completed, 3)
