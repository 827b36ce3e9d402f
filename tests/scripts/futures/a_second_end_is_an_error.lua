local tm, check = require "tidemill", require "_helper"

local resolved, failed = tm.future(), tm.future()
resolved:resolve(1)
failed:fail("first")
for _, call in ipairs { "resolve", "fail" } do
  check.raises(function() resolved[call](resolved, 2) end, "%.lua:%d+: " .. call .. ": .*resolved already")
  check.raises(function() failed[call](failed, 2) end, "%.lua:%d+: " .. call .. ": .*failed already")
end
check.equal(resolved:await(), 1)
check.equal({ failed:join() }, { false, "first" })
