local tm, check = require "tidemill", require "_helper"

local function deep(n)
  if n == 0 then error({}) end
  deep(n - 1)
  return n
end
local pool <close> = tm.pool { workers = 1 }
-- Each is joined before the next is made: a failure that nobody waits for would be logged.
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  local task = start(deep, 3)
  task:join()
  local text = tm.traceback(task)
  check.truthy(text:find "stack traceback:" and text:find "traceback_of_a_failed_task.lua:4", text)
end
local fine = tm.spawn(print)
check.equal(tm.traceback(fine), nil)
