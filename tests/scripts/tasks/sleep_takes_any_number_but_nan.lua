local tm, check = require "tidemill", require "_helper"

local before = tm.now()
for _, length in ipairs { 0, 0.0, -1, -math.huge, 1e-12 } do tm.sleep(length) end
check.truthy(tm.now() - before < 20)
check.raises(function() tm.sleep(0 / 0) end, "sleep_takes_any_number_but_nan.lua:%d+:.*NaN")
check.raises(function() tm.sleep() end, "number expected")
check.raises(function() tm.sleep "a while" end, "number expected")
for _, length in ipairs { math.huge, 1e300, 1e12, math.maxinteger } do
  local task = tm.spawn(tm.sleep, length)
  tm.yield()
  check.equal(task:status(), "waiting")
  task:cancel()
  check.equal(task:join(), false)
end
