local tm, check = require "tidemill", require "_helper"

local s, order = tm.semaphore(0), {}
for i = 1, 4 do
  tm.spawn(function()
    for _ = 1, 3 do
      local _ <close> = s:acquire()
      order[#order + 1] = i
      tm.yield()
    end
  end)
end
tm.yield()
s:release()
check.equal(s:try_acquire(), false)
while s:value() == 0 do tm.yield() end
check.equal(table.concat(order, " "), "1 2 3 4 1 2 3 4 1 2 3 4")
