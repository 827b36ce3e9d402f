-- A string of 1 MiB sent through a channel and received, in one state. `copies` is the time in units of
-- one copy of as many bytes by Lua itself (io.write and the like do one; this uses string.rep of a
-- single piece).
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(2000)
local text = ("0123456789abcdef"):rep(1 << 16)
local channel = tm.channel(1)

local function median(work)
  local times = {}
  for i = 1, n do
    local started = tm.now()
    work()
    times[i] = tm.now() - started
  end
  table.sort(times)
  return times[n // 2 + 1]
end

local received = 0
local sending = median(function()
  channel:send(text)
  received = received + #channel:recv()
end)
local copying = median(function() return text .. "" == text and text:sub(2) end)
bench.report {
  n = n, ops = 1, seconds = sending, check = received, expected = n << 20,
  extra = { copies = sending / copying, copy_us = copying * 1e6 },
}
