-- repeat: 20
-- Each operation either happened or was told "closed"; what was sent was received.
local tm, check = require "tidemill", require "_helper"

local function send_until_closed(ch)
  local sent = 0
  while pcall(ch.send, ch, 1) do sent = sent + 1 end
  return sent
end

local function receive_all(ch)
  local received = 0
  for _ in ch do received = received + 1 end
  return received
end

local pool <close> = tm.pool { workers = 4 }
for _, capacity in ipairs { 0, 2 } do
  local ch, senders, receivers = tm.channel(capacity), {}, {}
  for i = 1, 3 do
    senders[i] = pool:submit(send_until_closed, ch)
    receivers[i] = pool:submit(receive_all, ch)
  end
  tm.sleep(0.002)
  ch:close()
  local sent, received = 0, 0
  for i = 1, 3 do sent = sent + senders[i]:await() end
  for i = 1, 3 do received = received + receivers[i]:await() end
  check.equal(received, sent)
  local stats = ch:stats()
  check.equal({ stats.sent, stats.senders_waiting, stats.receivers_waiting }, { sent, 0, 0 })
end
