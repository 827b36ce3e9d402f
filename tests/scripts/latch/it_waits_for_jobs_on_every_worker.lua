-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local l, done = tm.latch(), tm.channel(math.huge)
for _ = 1, 50 do
  l:add(6)
  local others = { pool:submit(function() l:wait() return #done end), tm.spawn(function() l:wait() return #done end) }
  for i = 1, 6 do
    pool:submit(function()
      done:send(i)
      l:done()
    end)
  end
  check.equal(l:wait(1000), true)
  check.equal(#done, 6)
  check.equal({ others[1]:await(), others[2]:await() }, { 6, 6 })
  for _ = 1, 6 do done:recv() end
end
