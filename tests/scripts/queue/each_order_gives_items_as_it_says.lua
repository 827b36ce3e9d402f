local tm, check = require "tidemill", require "_helper"

local function drained(q)
  local got = {}
  while #q > 0 do got[#got + 1] = q:get() end
  return got
end

local fifo, lifo = tm.queue(), tm.queue { order = "lifo" }
for i = 1, 100 do
  fifo:put(i)
  lifo:put(i)
end
local up, down = {}, {}
for i = 1, 100 do up[i], down[i] = i, 101 - i end
check.equal(drained(fifo), up)
check.equal(drained(lifo), down)
check.equal(drained(tm.queue { order = "fifo" }), {})

-- The newest of those in the queue: who waits for room is not in it.
local small = tm.queue { capacity = 2, order = "lifo" }
small:put(1)
small:put(2)
local putter = tm.spawn(function() small:put(3) end)
tm.yield()
check.equal({ small:get(), small:get(), small:get() }, { 2, 3, 1 })
putter:await()
