local tm, check = require "tidemill", require "_helper"

local b = tm.barrier(3)
local function kinds(tasks)
  local list = {}
  for i, task in ipairs(tasks) do
    local ok, err = task:await(1000)
    list[i] = ok and "ok" or err.kind
  end
  return table.concat(list, " ")
end
local function start(n)
  local tasks = {}
  for i = 1, n do tasks[i] = tm.spawn(pcall, b.wait, b) end
  tm.yield()
  return tasks
end
local tasks = start(2)
b:abort()
check.equal(kinds(tasks), "broken broken")
check.equal(kinds(start(2)), "broken broken")
check.equal(check.raises(function() b:wait(0) end).kind, "broken")
b:reset()
check.equal(kinds(start(3)), "ok ok ok")
tasks = start(2)
b:reset()
check.equal(kinds(tasks), "broken broken")
check.equal(kinds(start(3)), "ok ok ok")
b:abort()
b:abort()
b:reset()
check.equal(kinds(start(3)), "ok ok ok")

-- while the action runs
for _, how in ipairs { "abort", "reset" } do
  local resume = tm.event()
  b = tm.barrier(2, { action = function() resume:wait() end })
  tasks = start(2)
  check.truthy(tostring(b):find "action running", tostring(b))
  b[how](b)
  resume:set()
  check.equal(kinds(tasks), "broken broken")
  check.equal(kinds(start(2)), how == "reset" and "ok ok" or "broken broken")
end
