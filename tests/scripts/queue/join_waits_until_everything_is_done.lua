local tm, check = require "tidemill", require "_helper"

local q = tm.queue()
check.equal(q:join(), true)  -- nothing was ever put
q:put "a"
q:put "b"
local joined = 0
local joiners = {}
for i = 1, 3 do
  joiners[i] = tm.spawn(function()
    check.equal(q:join(), true)
    joined = joined + 1
  end)
end
tm.yield()
check.equal({ q:join(0), q:join(0.005), joined, q:stats().joiners_waiting }, { false, false, 0, 3 })
q:get()
q:task_done()
q:get()
tm.yield()
check.equal({ #q, joined, q:stats().unfinished }, { 0, 0, 1 })  -- taken is not done
q:put "c"
q:task_done()
tm.yield()
check.equal({ joined, q:stats().unfinished }, { 0, 1 })
q:get()
q:task_done()
tm.all(joiners)
check.equal({ joined, q:join(), q:stats().unfinished }, { 3, true, 0 })
-- It can be used again.
q:put "d"
check.equal(q:join(0), false)

-- What is handed straight to a getter counts, too.
local direct = tm.queue { capacity = 1 }
local getter = tm.spawn(function() return direct:get() end)
tm.yield()
direct:put(1)
check.equal(direct:join(0), false)
getter:await()
direct:task_done()
check.equal(direct:join(0), true)
