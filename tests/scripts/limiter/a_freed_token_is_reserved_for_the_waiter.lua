local tm, check = require "tidemill", require "_helper"

local l, order = tm.limiter(1), {}
l:acquire()
for i = 1, 3 do
  tm.spawn(function()
    local _ <close> = l:acquire()
    order[#order + 1] = i
    check.equal(l:borrowed(), 1)
    tm.yield()
  end)
end
tm.yield()
l:release()
check.equal({ l:try_acquire(), l:borrowed() }, { false, 1 })
l:acquire()
check.equal(order, { 1, 2, 3 })
l:release()
check.equal(tostring(l), "limiter 0 of 1 borrowed, 0 waiting")
