local tm, check = require "tidemill", require "_helper"

local q = tm.queue { capacity = 1 }
q:put "first"
local putter = tm.spawn(function() return q:put "second" end)
tm.yield()
check.equal({ putter:status(), q:stats().putters_waiting }, { "waiting", 1 })
check.equal(q:get(), "first")
check.equal({ #q, putter:await() }, { 1, true })  -- the freed place was the putter's at once
check.equal(q:get(), "second")

local getter = tm.spawn(function() return q:get() end)
tm.yield()
check.equal({ getter:status(), q:stats().getters_waiting }, { "waiting", 1 })
q:put "third"
check.equal({ #q, (q:try_get()) }, { 0, nil })  -- it is the getter's already
check.equal(getter:await(), "third")
