local tm, check = require "tidemill", require "_helper"

local o, runs, list = tm.once(), 0, {}
local function make(...)
  runs = runs + 1
  tm.yield()
  return list, nil, ..., nil
end
local tasks = {}
for i = 1, 4 do tasks[i] = tm.spawn(function() return select("#", o:call(make, i)), o:call(make, i) end) end
for i = 1, 4 do
  local count, first, second, third = tasks[i]:await()
  check.truthy(first == list)
  check.equal({ count, second, third }, { 4, nil, 1 })
end
check.equal(runs, 1)
check.truthy(o:call(error) == list)
check.equal(select("#", tm.once():call(function() end)), 0)
check.equal(tostring(o), "once done")
check.equal(tostring(tm.once()), "once not done, 0 waiting")
