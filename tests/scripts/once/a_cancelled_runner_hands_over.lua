local tm, check = require "tidemill", require "_helper"

local o, log = tm.once(), {}
local tasks = {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function()
    return o:call(function()
      log[#log + 1] = i
      tm.sleep(i == 3 and 0 or 60)
      return "by " .. i
    end)
  end)
end
tm.yield()
check.equal(tostring(o), "once not done, 2 waiting")
tasks[1]:cancel()
tm.yield()
tm.yield()
tasks[2]:cancel()
check.equal({ tasks[3]:await(1000), tasks[1]:status(), tasks[2]:status() }, { "by 3", "cancelled", "cancelled" })
check.equal(log, { 1, 2, 3 })

-- nobody waits: the next to come
o = tm.once()
local task = tm.spawn(function() o:call(tm.sleep, 60) end)
tm.yield()
task:cancel()
task:join()
check.equal(o:call(function() return "later" end), "later")

-- a cancelled waiter just leaves; a cancelled error of somebody else is an error
o = tm.once()
local resume = tm.event()
task = tm.spawn(function() return o:call(function() resume:wait() return "done" end) end)
tm.yield()
local waiter = tm.spawn(function() return o:call(print) end)
tm.yield()
waiter:cancel()
check.equal(waiter:join(), false)
resume:set()
check.equal(task:await(), "done")
