local tm, check = require "tidemill", require "_helper"

local function deep(n)
  if n == 0 then error({}) end
  deep(n - 1)
  return n
end
local pool <close> = tm.pool { workers = 1 }
for _, task in ipairs { tm.spawn(deep, 3), pool:submit(deep, 3) } do
  task:join()
  local text = tm.traceback(task)
  check.truthy(text:find "stack traceback:" and text:find "traceback_of_a_failed_task.lua:4", text)
end
local fine = tm.spawn(print)
check.equal(tm.traceback(fine), nil)
