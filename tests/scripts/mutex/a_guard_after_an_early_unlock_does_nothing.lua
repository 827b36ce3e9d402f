-- Closing a guard unlocks only if this task still holds the lock.
local tm, check = require "tidemill", require "_helper"

local m, seen, other = tm.mutex(), tm.event(), nil
do
  local _ <close> = m:lock()
  m:unlock()
  other = tm.spawn(function()
    m:lock()
    seen:wait()
    m:unlock()
  end)
  tm.yield()
  check.equal(m:locked(), true)
end
check.equal(m:locked(), true)
seen:set()
other:await()
check.equal(m:locked(), false)
