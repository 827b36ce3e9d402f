local tm, check = require "tidemill", require "_helper"

local c = tm.condition()
c:lock()
local started = tm.now()
check.equal(c:wait(0.05), false)
check.truthy(tm.now() - started >= 0.049 and tm.now() - started < 5)
check.equal({ c:wait(0), c:wait(-1) }, { false, false })
check.equal(tm.spawn(function() return c:try_lock() end):await(), false)
local other
tm.spawn(function()
  other = c:with(function()
    local at = tm.now()
    tm.sleep(0.05)  -- longer than the wait: that must have the mutex again before it returns
    return at
  end)
end)
tm.yield()  -- it stands at the mutex, which the wait gives to it
check.equal(c:wait(0.01), false)
check.truthy(other)
c:unlock()
check.equal(c:locked(), false)
