-- repeat: 3
-- However little time is left when a worker goes to sleep, it wakes up by itself: nothing else here
-- would wake it.
local tm, check = require "tidemill", require "_helper"

local function doze()
  for _ = 1, 1000 do tm.sleep(0.0003) end
  return true
end
local tasks = { tm.spawn(doze) }
for i = 2, 9 do tasks[i] = tm.pool { workers = 1 }:submit(doze) end
for _, task in ipairs(tasks) do check.truthy(task:await()) end
