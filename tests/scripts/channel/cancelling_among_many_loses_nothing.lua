-- repeat: 20
-- Receivers on other workers are cancelled while items flow: each item is received exactly once.
local tm, check = require "tidemill", require "_helper"

local function consume(ch, got)
  while true do
    local item = ch:recv()
    if not item then return end
    got:send(item)
  end
end

local pool <close> = tm.pool { workers = 3 }
local ch, got, items = tm.channel(1), tm.channel(math.huge), 300
local consumers = {}
for i = 1, 12 do consumers[i] = pool:submit(consume, ch, got) end
local producer = pool:submit(function()
  for i = 1, items do ch:send(i) end
  ch:close()
end)
-- An item is lost only if it is received and the cancel comes before it was passed on.
local dropped = 0
for i = 1, 8 do
  consumers[i]:cancel()
  tm.yield()
end
producer:await()
for i = 1, 12 do
  local ok = consumers[i]:join()
  if not ok then dropped = dropped + 1 end
end
local stats = ch:stats()
check.equal({ stats.sent, stats.received, stats.receivers_waiting }, { items, items, 0 })
local count = #got
check.truthy(count >= items - dropped and count <= items, "items passed on: " .. count)
