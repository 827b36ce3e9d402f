-- As stream_int, with a record made anew for every item; the receiver uses every field.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local channel = tm.channel(1024)
local left, right = bench.two_workers()

local names = {}
for i = 0, 15 do names[i] = ("record-name-%08d"):format(i) end

local started = tm.now()
local producer = left:submit(function()
  for i = 1, n do
    local x = i + 0.0
    channel:send { id = i, name = names[i & 15], xs = { x, x + 1, x + 2, x + 3 } }
  end
  channel:close()
end)
local consumer = right:submit(function()
  local sum = 0
  for record in channel do
    local xs = record.xs
    sum = sum + record.id + xs[1] + xs[2] + xs[3] + xs[4] + #record.name
  end
  return sum
end)
local sum = consumer:await()
local seconds = tm.now() - started
producer:await()

-- id, four numbers of which three are larger by 1, 2 and 3, and 20 bytes of name
bench.report { n = n, seconds = seconds, check = sum, expected = 5 * (n * (n + 1) // 2) + 26 * n }
