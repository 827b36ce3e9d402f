local tm, check = require "tidemill", require "_helper"

local jobs = tm.queue { capacity = 16, order = "priority", name = "jobs" }
for i = 1, 3 do jobs:put(i, i) end
check.equal(tostring(jobs), 'queue "jobs" 3/16 open')
jobs:shutdown()
check.equal(tostring(jobs), 'queue "jobs" 3/16 closed')
local any = tm.queue()
check.equal(tostring(any), "queue 0/unbounded open")
for _ = 1, 2 do tm.spawn(any.get, any) end
tm.yield()
check.equal(tostring(any), "queue 0/unbounded open, 2 getters waiting")
any:shutdown()
check.equal(tostring(any), "queue 0/unbounded closed")
local full = tm.queue { capacity = 1, name = "full" }
full:put(1)
local putter = tm.spawn(full.put, full, 2)
tm.yield()
check.equal(tostring(full), 'queue "full" 1/1 open, 1 putter waiting')
check.truthy(tm.why(putter):find 'waits for room in queue "full"', tm.why(putter))
local joiner = tm.spawn(full.join, full)
local getter = tm.spawn(function() local q = tm.queue { name = "empty" } q:get() end)
tm.yield()
check.truthy(tm.why(joiner):find 'waits for all items of queue "full" to be done', tm.why(joiner))
check.truthy(tm.why(getter):find 'waits for an item in queue "empty"', tm.why(getter))
for _, task in ipairs { putter, joiner, getter } do task:cancel() end
