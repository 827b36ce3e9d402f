-- Four producers share 1..n by stride, four consumers sum, over one channel of 1024; two workers.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local channel = tm.channel(1024)
local pool = bench.pool(2)

local function produce(first)
  for i = first, n, 4 do channel:send(i) end
end

local function consume()
  local sum = 0
  for value in channel do sum = sum + value end
  return sum
end

local started = tm.now()
local producers, consumers = {}, {}
for i = 1, 4 do producers[i] = pool:submit(produce, i) end
for i = 1, 4 do consumers[i] = pool:submit(consume) end
for i = 1, 4 do producers[i]:await() end
channel:close()
local sum = 0
for i = 1, 4 do sum = sum + consumers[i]:await() end
local seconds = tm.now() - started

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n + 1) // 2 }
