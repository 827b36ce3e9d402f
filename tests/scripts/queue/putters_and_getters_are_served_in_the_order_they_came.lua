local tm, check = require "tidemill", require "_helper"

local q = tm.queue { capacity = 1, order = "priority" }
local getters = {}
for i = 1, 5 do getters[i] = tm.spawn(q.get, q) end
tm.yield()
check.equal(q:stats().getters_waiting, 5)
for i = 1, 5 do q:put("item " .. i, -i) end
for i = 1, 5 do check.equal(getters[i]:await(), "item " .. i) end

-- A freed place belongs to the putter that waits longest, however urgent what others hold is.
q:put("in it", 9)
local putters = {}
for i = 1, 3 do putters[i] = tm.spawn(function() q:put(i, -i) end) end
tm.yield()
check.equal({ q:try_put("overtakes", -100) }, { nil, "full" })
check.equal(q:get(), "in it")
check.equal({ q:try_put("overtakes", -100) }, { nil, "full" })
check.equal({ q:get(), q:get(), q:get() }, { 1, 2, 3 })
tm.all(putters)
