-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local s, seats = tm.semaphore(2), tm.channel(2)
local function use(times)
  for i = 1, times do
    local _ <close> = s:acquire()
    check.truthy(seats:try_send(true))  -- never more than two inside
    if i % 8 == 0 then tm.yield() end
    seats:recv()
  end
end
local tasks = { tm.spawn(use, 100) }
for i = 2, 6 do tasks[i] = pool:submit(use, 100) end
for _, task in ipairs(tasks) do task:await() end
check.equal({ s:value(), #seats }, { 2, 0 })
