-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local l, seats = tm.limiter(2), tm.channel(2)
local function use(times)
  for i = 1, times do
    if i % 5 == 0 and not l:try_acquire() then
      l:acquire()
    elseif i % 5 ~= 0 then
      l:acquire()
    end
    check.truthy(l:borrowed() <= 2)
    check.truthy(seats:try_send(true))
    if i % 8 == 0 then tm.yield() end
    seats:recv()
    l:release()
  end
end
local tasks = { tm.spawn(use, 100) }
for i = 2, 6 do tasks[i] = pool:submit(use, 100) end
for _, task in ipairs(tasks) do task:await() end
-- cancelled or served, never both
for _ = 1, 50 do
  l:resize(0)
  local jobs = {}
  for i = 1, 3 do jobs[i] = pool:submit(function() local _ <close> = l:acquire() end) end
  tm.yield()
  l:resize(1)
  for i = 1, 2 do jobs[i]:cancel() end
  for i = 1, 3 do jobs[i]:join(1000) end
  check.equal(l:borrowed(), 0)
end
