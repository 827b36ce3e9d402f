-- A job sends 1..n to eight channels of 128 in turn; another receives by select and sums. On one
-- worker the same with tasks. In Go it is `select` with eight `case v := <-ch[i]` in the receiver.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(500000)
local channels = {}
for i = 1, 8 do channels[i] = tm.channel(128) end

local function produce()
  for i = 1, n do channels[i % 8 + 1]:send(i) end
end

local function consume()
  local sum = 0
  for _ = 1, n do
    local _, value = tm.select(channels)
    sum = sum + value
  end
  return sum
end

local function measure(start_producer, start_consumer)
  local started = tm.now()
  local producer, consumer = start_producer(), start_consumer()
  local sum = consumer:await()
  local seconds = tm.now() - started
  producer:await()
  return seconds, sum
end

local left, right = bench.two_workers()
local same = measure(function() return tm.spawn(produce) end, function() return tm.spawn(consume) end)
local seconds, sum = measure(function() return left:submit(produce) end,
  function() return right:submit(consume) end)

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n + 1) // 2,
  extra = { same_worker_ns = same * 1e9 / n } }
