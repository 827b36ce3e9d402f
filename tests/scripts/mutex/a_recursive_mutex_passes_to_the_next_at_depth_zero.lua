local tm, check = require "tidemill", require "_helper"

local m, order = tm.mutex { recursive = true }, {}
m:lock()
m:lock()
local tasks = {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function()
    local _ <close> = m:lock()
    local _ <close> = m:lock()
    order[#order + 1] = i
    tm.yield()
  end)
end
tm.yield()
m:unlock()
tm.yield()
check.equal(order, {})
m:unlock()
for i = 1, 3 do tasks[i]:await() end
check.equal(order, { 1, 2, 3 })
check.equal(m:locked(), false)
