local tm, check = require "tidemill", require "_helper"

local done = tm.channel(math.huge)
do
  local pool = tm.pool { workers = 2, max_jobs_per_worker = 2, order = "priority" }
  for i = 1, 20 do pool:submit(function() done:send(i) end) end
end
collectgarbage()
collectgarbage()
local sum = 0
for _ = 1, 20 do sum = sum + done:recv() end
check.equal(sum, 210)
