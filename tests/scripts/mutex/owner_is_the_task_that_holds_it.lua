local tm, check = require "tidemill", require "_helper"

local mutex = tm.mutex { recursive = true }
check.equal(mutex:owner(), nil)
mutex:lock()
mutex:lock()
check.equal(mutex:owner(), tm.current())
mutex:unlock()
check.equal(mutex:owner(), tm.current())

-- Handed over, not let go: it belongs to the next from the moment of `unlock`.
local waiter = tm.spawn(function() mutex:lock() tm.yield() mutex:unlock() end)
tm.yield()
mutex:unlock()
check.equal(mutex:owner(), waiter)
waiter:await()
check.equal(mutex:owner(), nil)

local pool <close> = tm.pool { workers = 1 }
local holds, release = tm.event(), tm.event()
local job = pool:submit(function()
  local _ <close> = mutex:lock()
  holds:set()
  release:wait()
end)
holds:wait()
check.equal(mutex:owner().id, job.id)
check.equal(pool:submit(function() return mutex:owner().id end):await(), job.id)
release:set()
job:await()
check.equal(mutex:owner(), nil)
