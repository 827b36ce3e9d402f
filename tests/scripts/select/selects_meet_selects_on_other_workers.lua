-- repeat: 20
-- Selecting senders and receivers on several workers: every value arrives once.
local tm, check = require "tidemill", require "_helper"

local each = (os.getenv "TSAN_OPTIONS" or os.getenv "ASAN_OPTIONS") and 200 or 2000
local function send(first, a, b, stop)
  for i = first, first + each - 1 do
    if tm.select { a:sending(i), b:sending(i), stop = stop } == "stop" then return end
  end
end
local function receive(a, b, got)
  local cases = { a, b }
  for _ = 1, each do
    local _, value = tm.select(cases)
    got:send(value)
  end
end

local pool <close> = tm.pool { workers = 3 }
local a, b, stop, got = tm.channel(), tm.channel(), tm.channel(), tm.channel(math.huge)
local tasks = {}
for i = 0, 3 do
  tasks[#tasks + 1] = pool:submit(send, i * each + 1, a, b, stop)
  tasks[#tasks + 1] = i == 0 and tm.spawn(receive, b, a, got) or pool:submit(receive, b, a, got)
end
for _, task in ipairs(tasks) do task:await() end
got:close()
local seen, count = {}, 0
for value in got do
  check.truthy(not seen[value], "received twice")
  seen[value], count = true, count + 1
end
check.equal(count, 4 * each)
for _, ch in ipairs { a, b, stop } do
  check.equal({ ch:stats().senders_waiting, ch:stats().receivers_waiting }, { 0, 0 })
end
