-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local function produce(ch, n)
  for i = 1, n do ch:send(i) end
  ch:close()
end

local pool <close> = tm.pool { workers = 2 }
for _, capacity in ipairs { 0, 1, 3, 64 } do
  local ch = tm.channel(capacity)
  local back = tm.channel(capacity)
  local relay = pool:submit(function()
    for i in ch do back:send(i) end
    back:close()
  end)
  pool:submit(produce, ch, 2000)
  local expected = 0
  for i in back do
    expected = expected + 1
    check.equal(i, expected)
  end
  check.equal(expected, 2000)
  relay:await()
end
