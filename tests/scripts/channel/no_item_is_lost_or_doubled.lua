-- repeat: 5
-- Many producers and consumers, on several workers and on this one, conserve the items.
local tm, check = require "tidemill", require "_helper"

local producers, consumers, per_producer = 6, 5, 500

local function produce(ch, first)
  for i = first, first + per_producer - 1 do ch:send(i) end
end

local function consume(ch)
  local got = {}
  for item in ch do got[#got + 1] = item end
  return got
end

local pool <close> = tm.pool { workers = 4 }
for _, capacity in ipairs { 0, 1, 2, 16 } do
  local ch, sending, receiving = tm.channel(capacity), {}, {}
  for i = 1, consumers do
    receiving[i] = i == 1 and tm.spawn(consume, ch) or pool:submit(consume, ch)
  end
  for i = 1, producers do
    local first = (i - 1) * per_producer + 1
    sending[i] = i == 1 and tm.spawn(produce, ch, first) or pool:submit(produce, ch, first)
  end
  for _, task in ipairs(sending) do task:await() end
  ch:close()
  local seen, total = {}, 0
  for _, task in ipairs(receiving) do
    for _, item in ipairs(task:await()) do
      check.truthy(not seen[item], "received twice")
      seen[item], total = true, total + 1
    end
  end
  check.equal(total, producers * per_producer)
  local stats = ch:stats()
  check.equal({ stats.sent, stats.received, stats.length }, { total, total, 0 })
end
