local tm, check = require "tidemill", require "_helper"

local function break_it(mutex)
  local task = tm.spawn(function() mutex:lock() tm.yield() end)
  return task
end

-- Those who wait and those who come are told who left it, and where that one had taken it.
local mutex = tm.mutex { name = "ledger" }
local owner = break_it(mutex)
tm.yield()
local waiting = tm.spawn(function() return pcall(mutex.lock, mutex) end)
local ok, waited = waiting:await()
check.equal({ ok, waited.kind }, { false, "broken" })
check.equal(owner:status(), "done")
local file = "a_mutex_breaks_when_its_owner_ends%.lua:"
local pattern = ('mutex "ledger" is broken: task #%d ended without unlocking it, which it had locked at [^\n]*%s4$')
  :format(owner.id, file)
check.truthy(waited.message:find(pattern), waited.message)
for _, method in ipairs { "lock", "try_lock" } do
  local err = check.raises(function() mutex[method](mutex) end, "^[^\n]*" .. file .. "%d+: mutex \"ledger\" is broken")
  check.equal(err.kind, "broken")
end
check.equal(check.raises(function() mutex:with(function() end) end).kind, "broken")
check.raises(function() mutex:unlock() end, "not locked")
check.equal({ mutex:locked(), mutex:owner() }, { false, nil })
check.truthy(tostring(mutex):find "broken")

-- However the owner ends.
for how, finish in pairs {
  failed = function() error("x", 0) end,
  cancelled = function() tm.current():cancel() tm.yield() end,
} do
  local other = tm.mutex()
  local task = tm.spawn(function() other:lock() finish() end)
  task:join()
  check.equal(task:status(), how)
  check.equal(check.raises(function() other:lock() end).kind, "broken")
end

-- A job that ends with one of ours, seen from here and from another job.
local pool <close> = tm.pool { workers = 2 }
local far = tm.mutex()
local job = pool:submit(function() far:lock() end)
job:await()
local err = check.raises(function() far:lock() end)
check.equal(err.kind, "broken")
check.truthy(err.message:find("task #" .. job.id .. " ended without", 1, true), err.message)
check.equal(pool:submit(function() return select(2, pcall(far.lock, far)).kind end):await(), "broken")

-- One that a guard or `with` unlocks stays sound.
local sound = tm.mutex()
tm.spawn(function() local _ <close> = sound:lock() error("x") end):join()
tm.spawn(function() sound:with(error, "x") end):join()
sound:lock():unlock()
