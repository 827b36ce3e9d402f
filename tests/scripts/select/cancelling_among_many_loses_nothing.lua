-- repeat: 20
-- Selects on other workers are cancelled while items flow: each item is received exactly once.
local tm, check = require "tidemill", require "_helper"

local function consume(a, b, got)
  while true do
    local key, item = tm.select { a, b }
    if not item then return key end
    got:send(item)
  end
end

local pool <close> = tm.pool { workers = 3 }
local a, b, got, items = tm.channel(1), tm.channel(), tm.channel(math.huge), 300
local consumers = {}
for i = 1, 12 do consumers[i] = pool:submit(consume, a, b, got) end
local producer = pool:submit(function()
  for i = 1, items do tm.select { a:sending(i), b:sending(i) } end
  a:close()
  b:close()
end)
local dropped = 0
for i = 1, 8 do
  consumers[i]:cancel()
  tm.yield()
end
producer:await()
for i = 1, 12 do
  -- An item is lost only if it is received and the cancel comes before it was passed on.
  if not consumers[i]:join() then dropped = dropped + 1 end
end
local first, second = a:stats(), b:stats()
-- What was left in a's buffer when the last consumer saw b closed is still there.
check.equal(first.sent + second.sent, items)
check.equal({ first.receivers_waiting, second.receivers_waiting }, { 0, 0 })
local received = first.received + second.received
check.truthy(#got >= received - dropped and #got <= received, #got .. " of " .. received)
