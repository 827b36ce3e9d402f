local tm, check = require "tidemill", require "_helper"

local m = tm.mutex { recursive = true, name = "state" }
local full, empty = tm.condition(m), tm.condition(m)
do
  local held <close> = full:lock()
  check.truthy(held == full and m:locked() and empty:locked())
  check.equal(empty:try_lock(), true)
  m:unlock()
  check.equal(tm.spawn(function() return m:try_lock() end):await(), false)
end
check.equal(m:locked(), false)
check.equal({ full:with(function(...) return m:locked(), ... end, 1, nil) }, { true, 1, nil })

-- a recursive mutex is released whole and taken again as deep
m:lock()
m:lock()
m:lock()
local order = {}
tm.spawn(function()
  local _ <close> = m:lock()
  order[#order + 1] = "other"
  full:notify()
end)
check.equal(full:wait(), true)
order[#order + 1] = "waiter"
check.equal(order, { "other", "waiter" })
for _ = 1, 3 do
  check.equal(m:locked(), true)
  m:unlock()
end
check.equal(m:locked(), false)

local pool <close> = tm.pool { workers = 1 }
check.equal(pool:submit(function() local _ <close> = full:lock() return m:locked(), empty:locked() end):await(), true)
