-- repeat: 2
-- Hand-overs while others wait in a row look like circles only to who does not look at one instant.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local function work(outer, inner, rounds, seed)
  for i = 1, rounds do
    local how = (i + seed) % 3 == 0 and "read" or "write"
    local _ <close> = outer[how](outer)
    if i % 5 == 0 then tm.yield() end
    local _ <close> = inner:lock()
    if i % 7 == 0 then tm.yield() end
  end
  return rounds
end
local outer, inner, tasks = tm.rwlock(), tm.mutex(), {}
for i = 1, 3 do tasks[i] = tm.spawn(work, outer, inner, 1000, i) end
for i = 4, 7 do tasks[i] = pool:submit(work, outer, inner, 1000, i) end
for _, task in ipairs(tasks) do check.equal(task:await(), 1000) end
check.equal({ tostring(outer), inner:locked() }, { "rwlock free", false })
