-- Submitting a job whose function captures three scalars, against one that captures nothing; each is
-- a new closure for every job. per_op_ns is a job with captures, as in pool_submit.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(200000)
local pool = bench.pool(2)

local function without()
  local jobs, sum = {}, 0
  for i = 1, n do
    jobs[i] = pool:submit(function(x) return x end, i)
  end
  for i = 1, n do sum = sum + jobs[i]:await() end
  return sum
end

local function with()
  local jobs, sum = {}, 0
  for i = 1, n do
    local a, b, c = i, 0.5, "text"
    jobs[i] = pool:submit(function() return c and a + b - 0.5 end)
  end
  for i = 1, n do sum = sum + jobs[i]:await() end
  return sum
end

local function seconds(work)
  collectgarbage()
  local started = tm.now()
  return work(), tm.now() - started
end

local plain, captured, sum = {}, {}, nil
for i = 1, 5 do
  local _
  _, plain[i] = seconds(without)
  sum, captured[i] = seconds(with)
end
table.sort(plain)
table.sort(captured)
bench.report {
  n = n, seconds = captured[3], check = sum, expected = n * (n + 1) // 2,
  extra = { ratio = captured[3] / plain[3], without_ns = plain[3] * 1e9 / n },
}
