local tm, check = require "tidemill", require "_helper"

local m, got = tm.mutex(), {}
m:lock()
local tasks = {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function()
    local _ <close> = m:lock()
    got[#got + 1] = i
  end)
end
tm.yield()
check.truthy(tostring(m):find "3 waiting", tostring(m))
tasks[2]:cancel()
check.truthy(tostring(m):find "2 waiting", tostring(m))
m:unlock()
for i = 1, 3 do tasks[i]:join() end
check.equal(got, { 1, 3 })
check.equal(tasks[2]:status(), "cancelled")
check.equal(m:locked(), false)
