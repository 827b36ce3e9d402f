-- n tasks in one state, task i returns i; all are joined and the results summed.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)

local function one(i) return i end

local started = tm.now()
local tasks = {}
for i = 1, n do tasks[i] = tm.spawn(one, i - 1) end
local sum = 0
for i = 1, n do sum = sum + tasks[i]:await() end
local seconds = tm.now() - started

bench.report { n = n, seconds = seconds, check = sum, expected = n * (n - 1) // 2 }
