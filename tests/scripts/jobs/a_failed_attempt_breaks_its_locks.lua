-- What a failed attempt leaves locked is broken, as at the end of a task: the next attempt hears of
-- it, and may repair it.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local mutex, limiter, attempts = tm.mutex { name = "accounts" }, tm.limiter(1), tm.atomic()

local job = pool:job { retries = 1, function()
  attempts:add()
  mutex:lock()
  error "left locked"
end }
check.equal(check.raises(function() job:await() end, "accounts").kind, "broken")
check.equal(attempts:get(), 2)
check.equal(mutex:locked(), false)

-- Whoever waits for it hears of it at once, not at the job's end.
mutex:repair():unlock()
local locked, go_on = tm.event(), tm.event()
local again = pool:job { retries = 1, function()
  if go_on:is_set() then return "done" end
  mutex:lock()
  locked:set()
  go_on:wait()
  error "left locked"
end }
locked:wait()
local waiter = tm.spawn(function() mutex:lock() end)
tm.yield()
go_on:set()
check.equal(check.raises(function() waiter:await() end).kind, "broken")
check.equal(again:await(), "done")

-- A guard gives it back in time.
mutex:repair():unlock()
local guarded = pool:job { retries = 2, function()
  local _ <close> = mutex:lock()
  local _ <close> = limiter:acquire()
  if attempts:add() < 5 then error "again" end
  return "done"
end }
check.equal(guarded:await(), "done")
