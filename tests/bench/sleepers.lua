-- n tasks of one state sleep for a second and count themselves. The second is part of the figure.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local count = 0

local function sleeper()
  tm.sleep(1)
  count = count + 1
end

local before = bench.memory("VmRSS")
local started = tm.now()
local tasks = {}
for i = 1, n do tasks[i] = tm.spawn(sleeper) end
for i = 1, n do tasks[i]:await() end
local seconds = tm.now() - started
local used = bench.memory("VmHWM") - before

bench.report { n = n, seconds = seconds, check = count, expected = n,
               extra = { bytes_per_task = used * 1048576 / n } }
