-- A job on one worker puts 1..n with priorities that go up and down into a queue by priority; a job on
-- another takes and sums them. And on one worker: n items into the queue at once, then all out of it.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(500000)
local queue = tm.queue { capacity = 1024, order = "priority" }
local left, right = bench.two_workers()

local function priority_of(i) return i * 7919 % 1000003 end

local started = tm.now()
local producer = left:submit(function()
  for i = 1, n do queue:put(i, priority_of(i)) end
  queue:shutdown()
end)
local consumer = right:submit(function()
  local sum = 0
  for value in queue do sum = sum + value end
  return sum
end)
local sum = consumer:await()
local seconds = tm.now() - started
producer:await()

local all = tm.queue { order = "priority" }
started = tm.now()
for i = 1, n do all:put(i, priority_of(i)) end
local filled = tm.now()
for _ = 1, n do all:get() end
local emptied = tm.now()

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n + 1) // 2,
  extra = { put_ns = (filled - started) * 1e9 / n, get_ns = (emptied - filled) * 1e9 / n } }
