local tm, check = require "tidemill", require "_helper"

local a, b, c, task = tm.channel(), tm.channel(1), tm.channel(1), tm.spawn(tm.sleep, 60)
c:send "full"
local selecting = tm.spawn(function() return tm.select { a, b, c:sending "never", task } end)
tm.yield()
check.equal({ a:stats().receivers_waiting, b:stats().receivers_waiting, c:stats().senders_waiting },
  { 1, 1, 1 })
check.truthy(selecting:cancel())
check.equal({ a:stats().receivers_waiting, b:stats().receivers_waiting, c:stats().senders_waiting },
  { 0, 0, 0 })
local ok, err = selecting:join()
check.equal({ ok, err.kind, selecting:status() }, { false, "cancelled", "cancelled" })
b:send "stays"
check.equal({ c:recv(), b:recv() }, { "full", "stays" })
task:cancel()

-- In a cancelled task nothing happens any more, even if it could.
b:send "still there"
local kinds = {}
local stubborn = tm.spawn(function()
  pcall(tm.sleep, 60)
  for i, timeout in ipairs { 0, 1, math.huge } do
    local done, problem = pcall(tm.select, { b, c:sending(1) }, timeout)
    kinds[i] = done or problem.kind
  end
end)
tm.yield()
stubborn:cancel()
stubborn:join()
check.equal(kinds, { "cancelled", "cancelled", "cancelled" })
check.equal({ #b, #c }, { 1, 0 })
