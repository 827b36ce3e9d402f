-- Two rendezvous and two buffered channels, each with a plain and a selecting sender and receiver.
local tm, check = require "tidemill", require "_helper"

local each = (os.getenv "TSAN_OPTIONS" or os.getenv "ASAN_OPTIONS") and 2000 or 100000
local channels = { tm.channel(), tm.channel(), tm.channel(2), tm.channel(3) }

local function send_plainly(ch)
  for i = 1, each do ch:send(i) end
end
local function receive_plainly(ch)
  local sum = 0
  for _ = 1, each do sum = sum + ch:recv() end
  return sum
end
-- `each` values to or from every channel, in whatever order they go.
local function send_by_select()
  local cases, left = {}, {}
  for i, ch in ipairs(channels) do cases[i], left[i] = ch:sending(1), each end
  while next(cases) do
    local key = tm.select(cases)
    left[key] = left[key] - 1
    cases[key] = left[key] > 0 and channels[key]:sending(each - left[key] + 1) or nil
  end
end
local function receive_by_select()
  local cases, left, sum = {}, {}, 0
  for i, ch in ipairs(channels) do cases[i], left[i] = ch, each end
  while next(cases) do
    local key, value = tm.select(cases)
    left[key], sum = left[key] - 1, sum + value
    if left[key] == 0 then cases[key] = nil end
  end
  return sum
end

local pool <close> = tm.pool { workers = 2 }
local sending, receiving = { tm.spawn(send_by_select) }, { pool:submit(receive_by_select) }
for i, ch in ipairs(channels) do
  sending[i + 1], receiving[i + 1] = pool:submit(send_plainly, ch), tm.spawn(receive_plainly, ch)
end
for _, task in ipairs(sending) do task:await() end
local sum = 0
for _, task in ipairs(receiving) do sum = sum + task:await() end
check.equal(sum, 8 * each * (each + 1) // 2)
for _, ch in ipairs(channels) do
  local stats = ch:stats()
  check.equal({ stats.sent, stats.length, stats.senders_waiting, stats.receivers_waiting },
    { 2 * each, 0, 0, 0 })
end
