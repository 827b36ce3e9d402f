local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2, name = "jobs" }
for i = 1, 3 do pool:submit(function() return i end):await() end
local go = tm.event()
local waiting = tm.spawn(function() go:wait() end)
local busy = pool:submit(function() go:wait() end)
while waiting:status() ~= "waiting" or busy:status() ~= "waiting" do tm.sleep(0.001) end
local stats = tm.stats()
check.equal(stats.tasks, { queued = 0, running = 1, waiting = 2, finishing = 0 })
check.equal(#stats.pools, 1)
check.equal({ stats.pools[1].workers, stats.pools[1].completed, stats.pools[1].open }, { 2, 3, 1 })
check.truthy(stats.workers.count >= 2 and stats.workers.count <= 3)
check.truthy(stats.uptime > 0 and stats.cpus >= 1 and stats.workers.busy >= 0)
check.truthy(stats.rss > 100000 and stats.lua_memory > 10000 and stats.lua_memory < stats.rss)
local text = tostring(stats)
check.truthy(text:find "tasks 1 running, 2 waiting", text)
check.truthy(text:find 'pool "jobs" 2 workers open\n  jobs +3 ended, 1 open, 0 of them in the queue\n', text)
check.truthy(text:find "\n  service +mean ", text)
check.truthy(tostring(pool:stats()):find '^pool "jobs" 2 workers open\n', text)
check.raises(function() local _ = pool.stats() end, "lua:%d+: calling 'stats' on bad self %(pool expected, got nil%)")
go:set()
waiting:await()
busy:await()
-- In another state they print alike.
local there = pool:submit(function(of) return tostring(of) end, stats):await()
check.equal(there, text)
pool:close()
check.equal(#tm.stats().pools, 1)  -- somebody has it
