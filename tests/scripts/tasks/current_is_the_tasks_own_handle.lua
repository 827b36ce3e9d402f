local tm, check = require "tidemill", require "_helper"

local inside
local task = tm.spawn(function() inside = tm.current() end)
task:await()
check.truthy(inside == task)
check.truthy(tm.current() == tm.current() and tm.current() ~= task)
check.equal(tm.current():status(), "running")
check.truthy(tostring(task):find("^task #" .. task.id .. " done"), tostring(task))
check.equal(math.type(task.id), "integer")
local in_coroutine = coroutine.wrap(function() return tm.current() end)()
check.truthy(in_coroutine == tm.current())

local pool <close> = tm.pool { workers = 1 }
local job, id = nil, nil
job = pool:submit(function() return tm.current(), tm.current().id end)
local self
self, id = job:await()
check.truthy(self == job and id == job.id)
