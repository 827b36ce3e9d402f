-- 15 times as many jobs as workers use no more than the workers, and idle ones are reused.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
check.equal(pool:stats().started, 0)
pool:submit(print, "one"):await()
for _ = 1, 20 do pool:submit(function() end):await() end
check.equal(pool:stats().started, 1)
local tasks = {}
for i = 1, 45 do tasks[i] = pool:submit(function() tm.sleep(0.002) end) end
for i = 1, 45 do tasks[i]:await() end
local stats = pool:stats()
check.truthy(stats.started <= 3 and stats.completed == 66 and stats.open == 0)
