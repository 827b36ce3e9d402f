-- repeat: 5
-- A read-modify-write that waits in the middle loses no update.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
for _, recursive in ipairs { false, true } do
  local m, counter = tm.mutex { recursive = recursive }, tm.channel(1)
  counter:send(0)
  local function add(times)
    for i = 1, times do
      local _ <close> = m:lock()
      local value = counter:recv()
      if i % 8 == 0 then tm.yield() end
      counter:send(value + 1)
      check.equal(#counter, 1)
    end
  end
  local tasks = { tm.spawn(add, 300) }
  for i = 2, 6 do tasks[i] = pool:submit(add, 300) end
  for _, task in ipairs(tasks) do task:await() end
  check.equal(counter:recv(), 1800)
  check.equal(m:locked(), false)
end
