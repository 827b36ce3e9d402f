local tm, check = require "tidemill", require "_helper"

local b, tasks = tm.barrier(3), {}
for i = 1, 2 do tasks[i] = tm.spawn(function() return b:wait() end) end
tm.yield()
tasks[1]:cancel()
check.equal(b:waiting(), 1)
check.equal(select(2, tasks[1]:join()).kind, "cancelled")
tasks[3] = tm.spawn(function() return b:wait() end)
tm.yield()
check.equal({ b:wait(), tasks[2]:await(), tasks[3]:await() }, { 2, 0, 1 })

-- cancelled right after the round was complete, and while its action runs: it was there
for _, action in ipairs { false, true } do
  local resume = tm.event()
  local c = tm.barrier(2, { action = action and function() resume:wait() end or nil })
  local first = tm.spawn(function() return c:wait() end)
  tm.yield()
  local last = tm.spawn(function() return c:wait() end)
  tm.spawn(function() first:cancel() end)
  for _ = 1, 5 do tm.yield() end
  if action then
    check.equal({ first:status(), last:status() }, { "waiting", "waiting" })
    resume:set()
  end
  check.equal({ first:await(1000), last:await(1000) }, { 0, 1 })
  check.equal(tostring(c), "barrier 0/2 waiting")
end

-- the one that runs the action
local c = tm.barrier(2, { action = function() tm.sleep(60) end })
local first = tm.spawn(pcall, c.wait, c)
tm.yield()
local last = tm.spawn(pcall, c.wait, c)
tm.yield()
last:cancel()
check.equal({ select(2, last:await(1000)).kind, select(2, first:await(1000)).kind }, { "cancelled", "broken" })
