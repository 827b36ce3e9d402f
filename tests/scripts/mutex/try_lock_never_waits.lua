local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
check.equal(m:try_lock(), true)
check.equal(m:locked(), true)
check.equal(tm.spawn(function() return m:try_lock(), m:try_lock(0), m:try_lock(-1) end):await(), false)
local pool <close> = tm.pool { workers = 1 }
check.equal(table.pack(pool:submit(function() return m:try_lock(), m:locked() end):await()),
  { false, true, n = 2 })
check.equal(m:try_lock(), false)  -- its own, too
m:unlock()
check.equal(m:locked(), false)
check.equal(pool:submit(function()
  local taken = m:try_lock()
  if taken then m:unlock() end
  return taken
end):await(), true)
