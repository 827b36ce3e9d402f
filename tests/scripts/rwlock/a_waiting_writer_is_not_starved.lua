local tm, check = require "tidemill", require "_helper"

local rw, order = tm.rwlock(), {}
rw:read()
local function enter(name, how)
  return tm.spawn(function()
    local _ <close> = rw[how](rw)
    order[#order + 1] = name
    tm.yield()
  end)
end
local tasks = { enter("w1", "write"), enter("r1", "read"), enter("r2", "read"), enter("w2", "write"), enter("r3", "read") }
tm.yield()
check.equal(tostring(rw), "rwlock read by 1 task, 5 waiting")
check.equal(tm.spawn(function() return rw:try_read(), rw:try_write() end):await(), false)
rw:unlock()
tm.yield()
check.equal(order, { "w1" })
for _, task in ipairs(tasks) do task:await() end
check.equal(order, { "w1", "r1", "r2", "w2", "r3" })
check.equal(tostring(rw), "rwlock free")
