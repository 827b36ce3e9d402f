local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
m:lock()
check.equal(tm.spawn(function() return m:try_lock(0.01) end):await(), false)
check.raises(function() tm.spawn(function() m:lock(0.01) end):await() end, "not free")
check.truthy(tostring(m):find "0 waiting", tostring(m))
m:unlock()
check.equal(m:locked(), false)
check.equal(tm.spawn(function()
  local taken = m:try_lock()
  m:unlock()
  return taken
end):await(), true)
