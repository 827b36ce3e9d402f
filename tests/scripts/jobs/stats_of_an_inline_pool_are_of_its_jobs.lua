-- An inline pool has no workers whose time could be used well or badly, but jobs come in.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { kind = "inline", name = "here" }
check.equal(pool:stats().arrival_rate, 0)
for _ = 1, 3 do pool:submit(tm.sleep, 0.001):await() end
local stats = pool:stats()
check.equal({ stats.completed, stats.service_time.count, stats.utilisation }, { 3, 3, nil })
check.truthy(stats.arrival_rate > 0)
check.truthy(tostring(stats):find("jobs/s coming in", 1, true))
check.equal(tostring(stats):find("workers' time", 1, true), nil)
check.truthy(tostring(tm.stats()):find("here", 1, true))
