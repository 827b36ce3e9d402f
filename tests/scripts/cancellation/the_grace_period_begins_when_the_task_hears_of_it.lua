-- A worker that is busy meanwhile does not use it up: `cancelled` comes before any kill.
local tm, check = require "tidemill", require "_helper"

tm.grace(0.005)
local function busy(seconds)
  local until_then = tm.now() + seconds
  repeat until tm.now() >= until_then
end
local outcomes, tasks = {}, {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function()
    local ok, err = pcall(tm.sleep, 60)
    outcomes[i] = ok or err.kind
    return i
  end)
end
tm.yield()
for i = 1, 3 do tasks[i]:cancel() end
busy(0.02)
for i = 1, 3 do check.equal({ tasks[i]:join() }, { true, i }) end
check.equal(outcomes, { "cancelled", "cancelled", "cancelled" })

-- Code that computes for long before its next wait hears of it there.
local task = tm.spawn(function()
  tm.current():cancel()
  busy(0.007)
  local _, err = pcall(tm.yield)
  return err.kind
end)
check.equal(task:await(), "cancelled")
