-- stderr~ assigns captured .here.; only this job.s copy changes, see tm.atomic
-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local runs = tm.channel(math.huge)
local here = 0
local b = tm.barrier(3, {
  action = function()
    here = here + 1
    runs:send(here)
  end,
})
for _ = 1, 40 do
  local jobs = {}
  for i = 1, 3 do
    jobs[i] = pool:submit(function()
      local index = b:wait()
      return index, #runs
    end)
  end
  local sum = 0
  for i = 1, 3 do
    local index, ran = jobs[i]:await(1000)
    check.equal(ran, 1)
    sum = sum + 10 ^ index
  end
  check.equal(sum, 111)
  runs:recv()
end
check.equal(here, 0)
-- where it was made it is the function itself
for i = 1, 2 do pool:submit(function() b:wait() end) end
while b:waiting() < 2 do tm.yield() end
b:wait()
check.equal(here, 1)
