local tm, check = require "tidemill", require "_helper"

local jobs = tm.channel(16, "jobs")
for _ = 1, 3 do jobs:send(0) end
check.equal(tostring(jobs), 'channel "jobs" 3/16 open')
jobs:close()
check.equal(tostring(jobs), 'channel "jobs" 3/16 closed')

local results = tm.channel "results"
check.equal(results:capacity(), 0)
tm.spawn(function() results:recv() end)
tm.spawn(function() results:recv() end)
tm.yield()
check.equal(tostring(results), 'channel "results" 0/0 open, 2 receivers waiting')
results:send(1)
results:send(1)
tm.spawn(function() results:send(1) end)
tm.yield()
check.equal(tostring(results), 'channel "results" 0/0 open, 1 sender waiting')
results:recv()
check.truthy(tostring(tm.channel()):find "^channel 0/0 open")
