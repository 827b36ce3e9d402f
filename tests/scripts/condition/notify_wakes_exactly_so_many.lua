local tm, check = require "tidemill", require "_helper"

local c, woken = tm.condition(), {}
local function waiter(i)
  local _ <close> = c:lock()
  check.equal(c:wait(), true)
  woken[#woken + 1] = i
end
for i = 1, 6 do tm.spawn(waiter, i) end
tm.yield()
check.truthy(tostring(c):find "6 waiting")
c:lock()
c:notify()
c:notify(2)
c:notify(0)
for _ = 1, 3 do tm.yield() end
check.equal(woken, {})  -- none runs before the notifier releases
tm.spawn(waiter, 7)     -- a later wait belongs to the next round
c:unlock()
for _ = 1, 9 do tm.yield() end
check.equal(woken, { 1, 2, 3 })
c:with(function() c:notify_all() end)
for _ = 1, 9 do tm.yield() end
check.equal(woken, { 1, 2, 3, 4, 5, 6, 7 })
c:with(function()
  c:notify(100)
  c:notify_all()
end)
check.equal({ c:locked(), tostring(c) }, { false, "condition 0 waiting" })
