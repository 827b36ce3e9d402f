local tm, check = require "tidemill", require "_helper"

local e, released = tm.event(), 0
local tasks = {}
for i = 1, 5 do
  tasks[i] = tm.spawn(function()
    check.equal(e:wait(), true)
    released = released + 1
  end)
end
tm.yield()
check.truthy(tostring(e):find "5 waiting")
e:set()
e:clear()
check.equal(e:is_set(), false)
local later = tm.spawn(function() return e:wait(0.02) end)
for i = 1, 5 do tasks[i]:await() end
check.equal(released, 5)
check.equal(later:await(), false)
