local tm, check = require "tidemill", require "_helper"

local m = tm.mutex { recursive = true }
local function held_elsewhere()
  return tm.spawn(function() return m:try_lock() == false and m:locked() end):await()
end
m:lock()
m:lock(0)
check.equal(m:try_lock(), true)
for _ = 1, 2 do
  m:unlock()
  check.truthy(held_elsewhere())
end
m:with(function()
  local _ <close> = m:lock()
  check.truthy(held_elsewhere())
end)
check.truthy(held_elsewhere())
m:unlock()
check.equal(m:locked(), false)
check.raises(function() m:unlock() end, "not locked")
