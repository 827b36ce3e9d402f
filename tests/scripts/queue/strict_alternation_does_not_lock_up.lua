-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local function echo(from, to)
  for value in from do to:put(value + 1) end
  to:shutdown()
end

local pool <close> = tm.pool { workers = 2 }
for _, order in ipairs { "fifo", "lifo", "priority" } do
  local ping, pong = tm.queue { capacity = 1, order = order }, tm.queue { capacity = 1, order = order }
  local task = pool:submit(echo, ping, pong)
  for i = 1, 1000 do
    ping:put(i)
    check.equal(pong:get(), i + 1)
  end
  ping:shutdown()
  check.equal({ pong:get() }, { nil, "closed" })
  task:await()
end
