-- 10 000 trials; each count is within six standard deviations of its mean. Receive and send sides.
local tm, check = require "tidemill", require "_helper"

local trials = 10000

local function check_uniform(counts, kinds)
  local p = 1 / kinds
  local deviation = 6 * math.sqrt(trials * p * (1 - p))
  for key = 1, kinds do
    local count = counts[key] or 0
    check.truthy(math.abs(count - trials * p) <= deviation, key .. " was chosen " .. count)
  end
end

for _, kinds in ipairs { 2, 3, 8 } do
  local full, room, counts = {}, {}, {}
  for i = 1, kinds do
    full[i], room[i] = tm.channel(trials), tm.channel(trials)
    for n = 1, trials do full[i]:send(n) end
  end
  for _ = 1, trials do
    local key = tm.select(full)
    counts[key] = (counts[key] or 0) + 1
  end
  check_uniform(counts, kinds)
  local cases, sent = {}, {}
  for i = 1, kinds do cases[i] = room[i]:sending(i) end
  for _ = 1, trials do
    local key = tm.select(cases, 0)
    sent[key] = (sent[key] or 0) + 1
  end
  check_uniform(sent, kinds)
  for i = 1, kinds do check.equal({ #room[i], #full[i] }, { sent[i], trials - counts[i] }) end
end

-- Both sides of one rendezvous channel in a select against the same in another: who sends is open.
local ch, got = tm.channel(), { 0, 0 }
local other = tm.spawn(function()
  for _ = 1, trials do tm.select { ch, ch:sending(0) } end
end)
for _ = 1, trials do
  local key = tm.select { ch, ch:sending(0) }
  got[key] = got[key] + 1
end
other:await()
check_uniform(got, 2)
