-- A job on one worker sends 1..n to a job on another over a channel of 1024; the receiver sums.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local channel = tm.channel(1024)
local left, right = bench.two_workers()

local started = tm.now()
local producer = left:submit(function()
  for i = 1, n do channel:send(i) end
  channel:close()
end)
local consumer = right:submit(function()
  local sum = 0
  for value in channel do sum = sum + value end
  return sum
end)
local sum = consumer:await()
local seconds = tm.now() - started
producer:await()

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n + 1) // 2 }
