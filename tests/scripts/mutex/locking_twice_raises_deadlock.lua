local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
m:lock()
for _, timeout in ipairs { math.huge, 1, 0 } do
  local err = check.raises(function() m:lock(timeout) end, "locking_twice_raises_deadlock.lua:%d+:")
  check.equal(err.kind, "deadlock")
end
check.equal(m:try_lock(), false)
check.equal(m:try_lock(60), false)
m:unlock()
check.equal(m:locked(), false)
