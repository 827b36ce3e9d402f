-- x → x·x for x = 0..n-1 on two workers, chunks left to the pool; the results in order in one list.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(100000)
local pool = bench.pool(2)

local items = {}
for i = 1, n do items[i] = i - 1 end

local started = tm.now()
local squares = pool:map(function(x) return x * x end, items):collect()
local seconds = tm.now() - started

local sum = 0
for i, square in ipairs(squares) do
  if square ~= (i - 1) * (i - 1) then error("result " .. i .. " is out of order") end
  sum = sum + square
end
bench.report { n = n, seconds = seconds, check = sum, expected = (n - 1) * n * (2 * n - 1) // 6 }
