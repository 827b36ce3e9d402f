-- 15 times as many jobs as workers use no more than the workers, and idle ones are reused. (A worker
-- that has ended a job is idle a moment later than the one who waited for the job may know.)
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 8 }
check.equal(pool:stats().started, 0)
pool:submit(print, "one"):await()
for _ = 1, 20 do pool:submit(function() end):await() end
check.truthy(pool:stats().started <= 3, pool:stats().started)
local tasks = {}
for i = 1, 120 do tasks[i] = pool:submit(function() tm.sleep(0.002) end) end
for i = 1, 120 do tasks[i]:await() end
local stats = pool:stats()
check.truthy(stats.started <= 8 and stats.completed == 141 and stats.open == 0)
