-- Tables and upvalues are shared, and tasks switch only at blocking calls.
local tm, check = require "tidemill", require "_helper"

local log, counter = {}, 0
local tasks = {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function(name, list)
    for step = 1, 2 do
      counter = counter + 1
      list[#list + 1] = name .. step
      tm.yield()
    end
    return list
  end, "t" .. i, log)
end
check.equal(counter, 0)
for i = 1, 3 do check.truthy(tasks[i]:await() == log) end
check.equal(table.concat(log, " "), "t11 t21 t31 t12 t22 t32")
check.equal(counter, 6)
