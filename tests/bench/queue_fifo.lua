-- A job on one worker puts 1..n into a queue of 1024; a job on another takes and sums them. The same
-- work as stream_int does with a channel.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local queue = tm.queue { capacity = 1024 }
local left, right = bench.two_workers()

local started = tm.now()
local producer = left:submit(function()
  for i = 1, n do queue:put(i) end
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

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n + 1) // 2 }
