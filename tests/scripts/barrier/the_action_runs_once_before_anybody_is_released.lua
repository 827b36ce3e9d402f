local tm, check = require "tidemill", require "_helper"

local log, tasks = {}, {}
local b = tm.barrier(3, {
  action = function()
    log[#log + 1] = "action"
    tm.yield()
    tm.sleep(0.001)
    log[#log + 1] = "done"
  end,
})
for i = 1, 6 do  -- two rounds: who comes while the action runs belongs to the next
  tasks[i] = tm.spawn(function()
    local index = b:wait()
    log[#log + 1] = index
  end)
end
for i = 1, 6 do tasks[i]:await(1000) end
local text = table.concat(log, " ")
check.equal(select(2, text:gsub("action", "")), 2, text)
check.truthy(text:find "^action done %d", text)
check.truthy(not text:match "^action done (.*)$":find "^%d %d %d %d", text)
check.equal(tostring(b), "barrier 0/3 waiting")
