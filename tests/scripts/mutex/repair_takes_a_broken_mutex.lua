local tm, check = require "tidemill", require "_helper"

local mutex = tm.mutex { name = "books" }
check.raises(function() mutex:repair() end, "cannot repair: mutex \"books\" is not broken")
mutex:lock()
check.raises(function() mutex:repair() end, "is not broken")
mutex:unlock()

tm.spawn(function() mutex:lock() end):await()
check.equal(mutex:repair(), mutex)
check.equal(mutex:owner(), tm.current())
check.raises(function() mutex:repair() end, "is not broken")
local waiter = tm.spawn(function() mutex:lock():unlock() return "sound" end)
tm.yield()
mutex:unlock()
check.equal(waiter:await(), "sound")

-- As a guard; and by a job.
tm.spawn(function() mutex:lock() end):await()
do
  local _ <close> = mutex:repair()
  check.truthy(mutex:locked())
end
check.equal(mutex:locked(), false)
local pool <close> = tm.pool { workers = 1 }
tm.spawn(function() mutex:lock() end):await()
check.equal(pool:submit(function()
  local _ <close> = mutex:repair()
  return mutex:owner() == tm.current()
end):await(), true)
check.equal(mutex:try_lock(), true)
mutex:unlock()
