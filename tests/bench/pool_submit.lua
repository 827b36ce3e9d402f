-- n jobs for a pool of two, job i returns i; all are submitted, then awaited and summed.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(100000)
local pool = bench.pool(2)

local function one(i) return i end

local started = tm.now()
local jobs = {}
for i = 1, n do jobs[i] = pool:submit(one, i - 1) end
local sum = 0
for i = 1, n do sum = sum + jobs[i]:await() end
local seconds = tm.now() - started

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n - 1) // 2 }
