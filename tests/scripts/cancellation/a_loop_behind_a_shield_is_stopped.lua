-- only: release debug asan
-- (the thread sanitizer holds signals back until a system call, which a tight loop never makes)
-- What pressed while the shield was there was looked at, and the shield held it off: the loop behind it
-- is to hear of the cancellation all the same.
local tm, check = require "tidemill", require "_helper"

local function work(shielded)
  tm.shield(function()
    shielded()
    for _ = 1, 5 do
      local stop = os.clock() + 0.03
      repeat until os.clock() >= stop
    end
  end)
  while true do end
end
local inside, go_on = tm.event(), tm.event()
local task = tm.spawn(work, function() inside:set() go_on:wait() end)
inside:wait()
task:cancel()
go_on:set()
local ok, err = task:join()
check.equal({ ok, err.kind }, { false, "cancelled" })
-- A deadline that passes in there.
check.equal(check.raises(function() tm.timeout(0.01, work, function() end) end).kind, "timeout")
