-- repeat: 5
-- Producers and consumers that poll, time out and try again still conserve the items.
local tm, check = require "tidemill", require "_helper"

local function produce(ch, first, last)
  for i = first, last do
    if i % 2 == 0 then
      while not ch:try_send(i) do tm.yield() end
    else
      while not ch:send_timeout(0.0005, i) do end
    end
  end
end

local function consume(ch, timed)
  local count, sum = 0, 0
  while true do
    local item, why
    if timed then item, why = ch:recv(0.0005) else item, why = ch:try_recv() end
    if item then
      count, sum = count + 1, sum + item
    elseif why == "closed" then
      return count, sum
    elseif not timed then
      tm.yield()
    end
  end
end

local pool <close> = tm.pool { workers = 4 }
for _, capacity in ipairs { 1, 0, 8 } do
  local ch = tm.channel(capacity)
  local receiving = { pool:submit(consume, ch, true), pool:submit(consume, ch, true) }
  if capacity > 0 then receiving[3] = pool:submit(consume, ch, false) end
  local sending = { pool:submit(produce, ch, 1, 400), pool:submit(produce, ch, 401, 800) }
  for _, task in ipairs(sending) do task:await() end
  ch:close()
  local count, sum = 0, 0
  for _, task in ipairs(receiving) do
    local n, s = task:await()
    count, sum = count + n, sum + s
  end
  check.equal({ count, sum }, { 800, 800 * 801 // 2 })
end
