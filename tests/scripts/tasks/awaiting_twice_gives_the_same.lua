local tm, check = require "tidemill", require "_helper"

local list = { "same" }
local fine = tm.spawn(function() return list, 2 end)
for _ = 1, 3 do
  local result, number = fine:await()
  check.truthy(result == list and number == 2)
end
local failing = tm.spawn(error, list)
for _ = 1, 3 do
  local ok, err = pcall(failing.await, failing)
  check.truthy(not ok and err == list)
end
local slow = tm.spawn(function() tm.sleep(0.01) return "late" end)
local waiters = {}
for i = 1, 5 do waiters[i] = tm.spawn(function() return slow:await() end) end
for i = 1, 5 do check.equal(waiters[i]:await(), "late") end
