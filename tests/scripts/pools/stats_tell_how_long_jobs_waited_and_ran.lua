local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1 }
local empty = pool:stats()
for _, name in ipairs { "queue_time", "service_time" } do
  check.equal(empty[name], { count = 0, mean = 0.0, p50 = 0.0, p99 = 0.0, max = 0.0 })
end
check.equal({ empty.utilisation, empty.arrival_rate, empty.cancelled, empty.failed }, { 0.0, 0.0, 0, 0 })

local function work(seconds)
  local stop = tm.now() + seconds
  repeat until tm.now() >= stop
end
local jobs = {}
local submitted = tm.event()  -- all are queued behind the first
jobs[1] = pool:submit(function()
  repeat until submitted:is_set()
  work(0.02)
end)
for i = 2, 4 do jobs[i] = pool:submit(work, 0.02) end
local go = tm.event()
jobs[5] = pool:submit(function()
  go:wait()
  error "on purpose"
end)
jobs[6] = pool:submit(work, 0.02)
jobs[6]:cancel()
submitted:set()
for i = 1, 4 do jobs[i]:join() end
tm.spawn(function() go:set() end)  -- runs when the next line waits, so the failure is never unheard
jobs[5]:join()
pool:close()
local stats = pool:stats()
check.equal({ stats.completed, stats.failed, stats.cancelled, stats.open }, { 6, 1, 1, 0 })
check.equal({ stats.queue_time.count, stats.service_time.count }, { 5, 5 })
check.truthy(stats.service_time.max >= 0.02, "max")
check.truthy(stats.service_time.p50 >= 0.02 * 15 / 16, "p50")
check.truthy(stats.service_time.mean >= 0.016 and stats.service_time.mean <= stats.service_time.max, "mean")
check.truthy(stats.service_time.p99 <= stats.service_time.max, "p99")
check.truthy(stats.queue_time.max >= 0.06, "queue")   -- the last waited for four others
check.truthy(stats.utilisation > 0 and stats.utilisation <= 1, "utilisation")
check.truthy(stats.arrival_rate > 0 and stats.arrival_rate <= 6 / 0.08, "arrival rate")
check.equal(pool:stats().utilisation, stats.utilisation, "a pool that has ended does not change")
