-- That counts as done: join ends unless something was taken and is not done.
local tm, check = require "tidemill", require "_helper"

-- Nothing in progress.
local q = tm.queue()
for i = 1, 5 do q:put(i) end
local joiner = tm.spawn(function() return q:join() end)
tm.yield()
q:shutdown(true)
check.equal({ joiner:await(), #q, q:join(0) }, { true, 0, true })
check.equal({ q:get() }, { nil, "closed" })
local stats = q:stats()
check.equal({ stats.put, stats.got, stats.dropped, stats.unfinished }, { 5, 0, 5, 0 })
check.raises(function() q:task_done() end, "no item")

-- Two in progress.
q = tm.queue()
for i = 1, 5 do q:put(i) end
q:get()
q:get()
joiner = tm.spawn(function() return q:join() end)
tm.yield()
q:shutdown(true)
tm.yield()
check.equal({ joiner:status(), q:stats().unfinished, #q }, { "waiting", 2, 0 })
q:task_done()
tm.yield()
check.equal(joiner:status(), "waiting")
q:task_done()
check.equal(joiner:await(), true)

-- From drained to dropped, not back.
q = tm.queue()
q:put(1)
q:put(2)
q:shutdown()
check.equal(q:get(), 1)
q:shutdown(true)
check.equal({ q:get() }, { nil, "closed" })
q:shutdown(false)
q:shutdown()
check.equal({ q:get() }, { nil, "closed" })
check.equal(q:join(0), false)
q:task_done()
check.equal(q:join(0), true)
