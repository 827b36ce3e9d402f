-- Closing a guard unlocks only if this task still holds the lock.
local tm, check = require "tidemill", require "_helper"

local m, other = tm.mutex(), nil
do
  local _ <close> = m:lock()
  m:unlock()
  other = tm.spawn(function()
    m:lock()
    tm.sleep(0.01)
    m:unlock()
  end)
  tm.yield()
  check.equal(m:locked(), true)
end
check.equal(m:locked(), true)
other:await()
check.equal(m:locked(), false)
