-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe()
local receivers = {}
for i = 1, 4 do receivers[i] = tm.spawn(far.recv, far, i == 3 and 60 or nil) end
tm.yield()
receivers[2]:cancel()
for i = 1, 3 do near:send(i) end
check.equal({ receivers[1]:await(), receivers[3]:await(), receivers[4]:await() }, { 1, 2, 3 })
check.equal({ receivers[2]:join(), far:recv(0) }, { false, nil, "timeout" })

-- Several workers at each end conserve the messages.
local pool <close> = tm.pool { workers = 3 }
local left, right = tm.pipe { capacity = 2 }
local n = check.times(500, 100)
local function work(send, take, first)
  local sender = tm.spawn(function()
    for i = first, first + n - 1 do send:send(i) end
  end)
  local sum = 0
  for _ = 1, n do sum = sum + take:recv() end
  sender:await()
  return sum
end
local jobs = {}
for i = 1, 3 do
  jobs[#jobs + 1] = pool:submit(work, left, left, 1)
  jobs[#jobs + 1] = pool:submit(work, right, right, 1)
end
local sum = 0
for _, job in ipairs(jobs) do sum = sum + job:await() end
check.equal({ sum, left:poll(), right:poll() }, { 6 * n * (n + 1) // 2, false, false })
