local tm, check = require "tidemill", require "_helper"

local s, order = tm.semaphore(0), {}
for i = 1, 5 do
  tm.spawn(function()
    s:acquire()
    order[#order + 1] = i
  end)
end
tm.yield()
s:release(3)
check.equal({ s:value(), s:try_acquire() }, { 0, false })  -- they are theirs already
tm.yield()
check.equal(order, { 1, 2, 3 })
s:release(4)
check.equal(s:value(), 2)
tm.yield()
check.equal(order, { 1, 2, 3, 4, 5 })
