-- The second half of a wait for a condition cannot be ended, so the standstill is raised in those that
-- keep the mutex.
-- stderr~ deadlock: nothing is left
local tm, check = require "tidemill", require "_helper"

local c = tm.condition()
local keeper = tm.spawn(function()
  c:lock()
  c:notify()
  tm.channel():recv()
end)
c:lock()
check.equal(check.raises(function() c:wait() end, "broken").kind, "broken")
local ok, err = keeper:join()
check.equal({ ok, err.kind }, { false, "deadlock" })
