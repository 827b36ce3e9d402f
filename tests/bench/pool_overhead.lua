-- What a pool of two costs with jobs of 1 ms: n jobs that compute that long each, once submitted one by
-- one and once as the items of a map. Overhead is 1 - time inside the jobs / (2 * time it took). On a
-- busy machine the time inside includes what other programs take, on both sides of the fraction.
--   pool_overhead.lua [n]
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(2000)
local pool = bench.pool(2)

local function burn(loops)
  local started = tm.now()
  for _ = 1, loops do end
  return tm.now() - started
end

local loops = 0
do
  local best = math.huge
  for _ = 1, 20 do best = math.min(best, burn(1000000)) end
  loops = math.max(1, math.floor(1e-3 / best * 1000000))
end

local started = tm.now()
local jobs, inside = {}, 0
for i = 1, n do jobs[i] = pool:submit(burn, loops) end
for i = 1, n do inside = inside + jobs[i]:await() end
local seconds = tm.now() - started

local list = {}
for i = 1, n do list[i] = loops end
started = tm.now()
local mapped_inside = pool:map(burn, list):fold(0, function(sum, taken) return sum + taken end)
local mapped = tm.now() - started

bench.report {
  n = n, seconds = seconds, check = 0, expected = 0,
  extra = {
    job_ms = inside / n * 1e3, overhead = 1 - inside / (2 * seconds),
    map_overhead = 1 - mapped_inside / (2 * mapped),
  },
}
