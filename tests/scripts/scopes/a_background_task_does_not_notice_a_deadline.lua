-- It is cancelled at the end in any case: that is no work which the deadline has stopped.
local tm, check = require "tidemill", require "_helper"

local function body()
  local background = tm.background(tm.sleep, 1000)
  local stop = tm.now() + 0.005
  repeat until tm.now() >= stop
  return "done", background
end
for _, block in ipairs {
  function() return tm.scope(body, { timeout = 0.002 }) end,
  function() return tm.timeout(0.002, body) end,
} do
  local result, background = block()
  check.equal({ result, background:status() }, { "done", "cancelled" })
end
-- A child that is no background task is.
check.equal(check.raises(function()
  tm.scope(function() tm.spawn(tm.sleep, 1000) return body() end, { timeout = 0.002 })
end).kind, "timeout")
