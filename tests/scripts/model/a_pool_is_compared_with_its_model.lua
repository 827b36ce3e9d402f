local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2, name = "measured" }
check.raises(function() tm.model(pool) end, 'no job of pool "measured"[^\n]* has ended')
local jobs = {}
for i = 1, 9 do jobs[i] = pool:submit(function() for _ = 1, 20000 do end end) end
tm.all(jobs)
local stats = pool:stats()
local model = tm.model(pool, { measured = 1000, serial = 0.5 })
check.equal({ model.jobs, model.workers }, { 9, 2 })
check.equal(model.service, stats.service_time.mean)
check.equal(model.longest, stats.service_time.max)
check.truthy(model.makespan >= model.lower - 1e-12 and model.makespan <= model.upper + 1e-12, tostring(model))
check.truthy(math.abs(model.in_system - model.arrival * (model.queue_time + model.service)) < 1e-9)
check.truthy(model.difference > 0)
check.truthy(tostring(model):find "workers busy")
check.raises(function() tm.model(pool, { jobs = 5 }) end, "unknown option 'jobs'")
