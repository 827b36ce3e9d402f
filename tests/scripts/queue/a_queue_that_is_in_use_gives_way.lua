-- Calls that need not wait let others run now and then; what was taken by then is kept.
local tm, check = require "tidemill", require "_helper"

local q = tm.queue()
local function turns_of_others(fn)
  local turns, over = 0, false
  local other = tm.spawn(function()
    while not over do
      turns = turns + 1
      tm.yield()
    end
  end)
  fn()
  over = true
  other:await()
  return turns
end
check.truthy(turns_of_others(function() for i = 1, 1000 do q:put(i) end end) >= 5)
local sum = 0
check.truthy(turns_of_others(function() for _ = 1, 1000 do sum = sum + q:get() end end) >= 5)
check.equal(sum, 1000 * 1001 // 2)
check.truthy(turns_of_others(function()
  for _ = 1, 1000 do q:task_done() end
  for _ = 1, 1000 do q:join() end
end) >= 5)

-- Cancelled while it gives way: the item is there, the next call raises.
for i = 1, 1000 do q:put(i) end
local last, count = 0, 0
local taker
taker = tm.spawn(function()
  for item in q do last, count = item, count + 1 end
end)
tm.yield()
taker:cancel()
check.equal({ taker:join(), last, #q }, { false, count, 1000 - count })
check.truthy(count > 0 and count < 1000)
