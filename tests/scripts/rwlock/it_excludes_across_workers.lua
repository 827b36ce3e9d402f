-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local rw, cell = tm.rwlock(), tm.channel(1)
cell:send(0)
local function work(times, seed)
  for i = 1, times do
    if (i + seed) % 3 == 0 then
      local _ <close> = rw:write()
      local value = cell:recv()
      check.equal(#cell, 0)
      if i % 8 == 0 then tm.yield() end
      check.truthy(cell:try_send(value + 1))
    else
      local _ <close> = rw:read()
      check.equal(#cell, 1)
      if i % 8 == 0 then tm.yield() end
      check.equal(#cell, 1)
    end
  end
end
local tasks = { tm.spawn(work, 150, 0) }
for i = 2, 6 do tasks[i] = pool:submit(work, 150, i) end
for _, task in ipairs(tasks) do task:await() end
check.equal(cell:recv(), 300)
check.equal(tostring(rw), "rwlock free")
