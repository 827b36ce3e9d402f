-- repeat: 5
-- Either the round was complete, and the cancelled one was part of it; or it left, and its place is
-- still free.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
for _, action in ipairs { false, true } do
  local b = tm.barrier(3, { action = action and function() tm.yield() end or nil })
  for _ = 1, 100 do
    local jobs = {}
    for i = 1, 2 do jobs[i] = pool:submit(function() return b:wait() end) end
    while b:waiting() < 2 do tm.yield() end
    jobs[3] = pool:submit(function() return b:wait() end)
    jobs[1]:cancel()
    if not jobs[1]:join(1000) then b:wait(10) end
    local sum = 0
    for i = 2, 3 do sum = sum + jobs[i]:await(1000) end
    check.truthy(sum <= 3)
    check.equal(tostring(b), "barrier 0/3 waiting")
  end
end
