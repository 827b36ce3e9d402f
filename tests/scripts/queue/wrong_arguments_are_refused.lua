local tm, check = require "tidemill", require "_helper"

local here = "wrong_arguments_are_refused.lua:%d+: "
local q, ranked, nan = tm.queue { capacity = 2 }, tm.queue { order = "priority" }, 0 / 0
for _, capacity in ipairs { 0, -1, 1.5, nan, -math.huge, 2 ^ 40 } do
  check.raises(function() tm.queue { capacity = capacity } end, here .. "tm.queue: capacity must be ")
end
check.raises(function() tm.queue { capacity = "8" } end, here .. "tm.queue: option 'capacity' must be a number")
check.raises(function() tm.queue { order = "random" } end,
  here .. "tm.queue: order must be 'fifo', 'lifo' or 'priority', not 'random'")
check.raises(function() tm.queue { order = true } end, here .. "tm.queue: option 'order' must be a string")
check.raises(function() tm.queue { name = 5 } end, here .. "tm.queue: option 'name' must be a string")
check.raises(function() tm.queue { size = 5 } end,
  here .. "tm.queue: unknown option 'size' %(known: capacity, name, order%)")
check.raises(function() tm.queue(16) end, here .. "bad argument to tm.queue %(table of options expected")
check.equal(tm.queue { capacity = 2.0 }:capacity(), 2)

check.raises(function() q:put() end, here .. "bad argument #1 to 'put' %(the item must not be nil")
check.raises(function() q:put(nil, 1) end, "must not be nil")
check.raises(function() q:try_put(nil) end, "must not be nil")
check.raises(function() q:put_timeout(1) end, "bad argument #2 to 'put_timeout' %(the item must not be nil")
check.raises(function() q:put(1, 2) end, here .. "bad argument #2 to 'put' %(a priority is for a queue whose order is 'priority'")
check.raises(function() q:try_put(1, 0) end, "a priority is for")
check.raises(function() q:put_timeout(1, 1, 0) end, "bad argument #3 to 'put_timeout' %(a priority is for")
check.raises(function() ranked:put(1, nan) end, here .. "bad argument #2 to 'put' %(the priority must not be NaN")
for _, priority in ipairs { "1", {}, true, print } do
  check.raises(function() ranked:put(1, priority) end, here .. "bad argument #2 to 'put' %(number expected, got " .. type(priority))
end
check.raises(function() q:get(nan) end, here .. ".*NaN")
check.raises(function() q:put_timeout(nan, 1) end, here .. ".*NaN")
check.raises(function() q:join(nan) end, here .. ".*NaN")
check.raises(function() q:get "soon" end, "number")
check.raises(function() q:join {} end, "number")
check.raises(function() q:shutdown "now" end, here .. "bad argument #1 to 'shutdown' %(boolean expected, got string")
check.raises(function() q:shutdown(1) end, "boolean expected")
for _, method in ipairs { "put", "try_put", "get", "try_get", "task_done", "join", "shutdown", "capacity", "is_closed", "stats" } do
  check.raises(function() q[method](tm.channel(), 1) end, "queue expected, got channel", method)
  check.raises(function() q[method]() end, "queue expected", method)
end
check.raises(function() q.colour = 1 end)
check.equal({ q.nothing, #q, #ranked, q:is_closed() }, { nil, 0, 0, false })
check.equal({ q:put_timeout(math.huge, false), q:get(math.huge) }, { true, false })
