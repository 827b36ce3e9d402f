-- only: release debug asan
-- (under the thread sanitizer interrupts come from a count hook of the engine's own)
local tm, check = require "tidemill", require "_helper"

local called = 0
local function hook() called = called + 1 end
debug.sethook(hook, "", 1000)
check.raises(function() tm.timeout(0.02, function() while true do end end) end, "not done after")
local before = called
for _ = 1, 100000 do end
check.truthy(called > before)
local now, mask, count = debug.gethook()
check.equal({ now == hook, mask, count }, { true, "", 1000 })
debug.sethook()
