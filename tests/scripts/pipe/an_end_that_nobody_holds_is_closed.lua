local tm, check = require "tidemill", require "_helper"

local function collect()
  collectgarbage()
  collectgarbage()
end
local near, far = tm.pipe()
near:send "last words"
collect()
check.equal(far:poll(), true)
near = nil
collect()
check.equal(far:recv(), "last words")
check.equal({ far:recv() }, { nil, "closed" })
check.raises(function() far:send(1) end, "the other end of the pipe is closed")

-- Somebody who waits hears of it.
near, far = tm.pipe()
local receiver = tm.spawn(far.recv, far)
tm.yield()
near = nil
collect()
check.equal({ receiver:await() }, { nil, "closed" })

-- On its way in a channel it is held.
local way = tm.channel(1)
near, far = tm.pipe()
way:send(near)
near = nil
collect()
check.equal({ far:recv(0) }, { nil, "timeout" })
way:recv():send "from the one who received it"
collect()
check.equal({ far:recv() }, { "from the one who received it" })
check.equal({ far:recv() }, { nil, "closed" })

-- On its way to the other end, too; that one's closing drops it.
local a, b = tm.pipe()
local c, d = tm.pipe()
a:send(c)
c = nil
collect()
check.equal({ d:recv(0) }, { nil, "timeout" })
b:close()
check.equal({ d:recv() }, { nil, "closed" })

-- An end that only a worker holds lives as long as that needs it.
local pool <close> = tm.pool { workers = 1 }
local mine, theirs = tm.pipe()
local job = pool:submit(function()
  local _ <close> = theirs
  for n in theirs do theirs:send(n * 2) end
  return "ended"
end)
theirs = nil
collect()
for i = 1, 10 do
  mine:send(i)
  check.equal(mine:recv(), i * 2)
end
mine = nil
collect()
check.equal(job:await(), "ended")
