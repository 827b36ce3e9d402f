local tm, check = require "tidemill", require "_helper"

local c, value, asked = tm.condition(), 0, 0
tm.spawn(function()
  for _ = 1, 3 do
    tm.yield()
    c:with(function()
      value = value + 1
      c:notify_all()
    end)
  end
end)
c:lock()
check.equal(c:wait_for(function()
  asked = asked + 1
  return value == 3
end), true)
check.equal({ value, asked }, { 3, 4 })
check.equal(c:wait_for(function() return "yes" end, 0), true)
check.equal(c:wait_for(function() return nil end, 0), false)
local started = tm.now()
local ticker = tm.spawn(function()
  while true do
    tm.sleep(0.01)
    c:with(c.notify_all, c)
  end
end)
check.equal(c:wait_for(function() return false end, 0.05), false)  -- one deadline for all waits
check.truthy(tm.now() - started >= 0.049 and tm.now() - started < 5)
ticker:cancel()
check.raises(function() c:wait_for(function() error "in the predicate" end) end, "in the predicate")
check.equal(tm.spawn(function() return c:try_lock() end):await(), false)
c:unlock()
check.raises(function() c:wait_for(function() return false end) end, "cannot wait")
