-- Two tasks of one state pass a token over two rendezvous channels; it grows by one a round trip.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local there, back = tm.channel(0), tm.channel(0)

local partner = tm.spawn(function()
  for _ = 1, n do back:send(there:recv() + 1) end
end)

local token, seconds = tm.spawn(function()
  local started = tm.now()
  local token = 0
  for _ = 1, n do
    there:send(token)
    token = back:recv()
  end
  return token, tm.now() - started
end):await()
partner:await()

bench.report { n = n, seconds = seconds, check = token, expected = n }
