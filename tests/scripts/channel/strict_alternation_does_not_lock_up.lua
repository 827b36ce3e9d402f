-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local function echo(from, to)
  for value in from do to:send(value + 1) end
  to:close()
end

local pool <close> = tm.pool { workers = 2 }
for capacity = 0, 1 do
  local ping, pong = tm.channel(capacity), tm.channel(capacity)
  local task = pool:submit(echo, ping, pong)
  for i = 1, 3000 do
    ping:send(i)
    check.equal(pong:recv(), i + 1)
  end
  ping:close()
  check.equal({ pong:recv() }, { nil, "closed" })
  task:await()
end
