local tm, check = require "tidemill", require "_helper"

local m = tm.mutex { name = "ledger" }
m:lock()
local function timed(seconds, fn)
  local before = tm.now()
  local result = fn()
  local took = tm.now() - before
  check.truthy(took >= seconds and took < seconds + 30, ("it took %.3f s"):format(took))
  return result
end
tm.spawn(function()
  local err = timed(0.05, function() return check.raises(function() m:lock(0.05) end, "ledger") end)
  check.equal(err.kind, "timeout")
  check.equal(timed(0.05, function() return m:try_lock(0.05) end), false)
  check.equal(timed(0, function() return check.raises(function() m:lock(0) end) end).kind, "timeout")
end):await()
m:unlock()
check.equal(timed(0, function() return m:try_lock(1000) end), true)
m:unlock()
check.equal(timed(0, function() return m:lock(1000) end), m)
