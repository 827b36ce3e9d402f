-- Submitting a job whose function captures three scalars, against one that captures nothing: one
-- closure for all jobs, and (`anew`) a new one for each, whose making is part of it.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(200000)
local pool = bench.pool(2)

local function run(submit)
  collectgarbage()
  local started = tm.now()
  local jobs, sum = {}, 0
  for i = 1, n do jobs[i] = submit(i) end
  for i = 1, n do sum = sum + jobs[i]:await() end
  return tm.now() - started, sum
end

local a, b, c = 1, 2.0, "text"
local function plain(x) return x end
local function capturing(x) return c and x + a - b + 1 end

local kinds = {
  plain = function(i) return pool:submit(plain, i) end,
  captured = function(i) return pool:submit(capturing, i) end,
  plain_anew = function(i) return pool:submit(function(x) return x end, i) end,
  captured_anew = function(i)
    local d, e, f = i, 2.0, "text"
    return pool:submit(function(x) return f and x + d - e + 2 - x end, i)
  end,
}

local seconds, sum = { plain = {}, captured = {}, plain_anew = {}, captured_anew = {} }, 0
for repetition = 1, 5 do
  for name, submit in pairs(kinds) do seconds[name][repetition], sum = run(submit) end
end
for _, times in pairs(seconds) do table.sort(times) end
bench.report {
  n = n, seconds = seconds.captured[3], check = sum, expected = n * (n + 1) // 2,
  extra = {
    ratio = seconds.captured[3] / seconds.plain[3],
    anew_ratio = seconds.captured_anew[3] / seconds.plain_anew[3],
    plain_ns = seconds.plain[3] * 1e9 / n,
    anew_ns = seconds.captured_anew[3] * 1e9 / n,
  },
}
