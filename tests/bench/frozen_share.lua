-- A table of some 10 MB given to 100 jobs, each of which reads a hundredth of it: frozen, and as a
-- plain table that is copied for each. per_op_ns is one job with the frozen one; `grown_mb` is by how
-- much the process grew while the jobs ran.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(100)
local records = {}
for i = 1, 50000 do records[i] = { id = i, name = "name " .. i, price = i / 8 } end

local pool = bench.pool(2)
local function run(all)
  collectgarbage()
  local before, started = bench.memory("VmRSS"), tm.now()
  local sum, jobs = 0, {}
  for i = 1, n do
    jobs[i] = pool:submit(function(t, from, step)
      local part = 0
      for at = from, #t, step do part = part + t[at].id end
      return part
    end, all, i, n)
  end
  for i = 1, n do sum = sum + jobs[i]:await() end
  return sum, tm.now() - started, bench.memory("VmRSS") - before
end

local built = bench.memory("VmRSS")
local started = tm.now()
local frozen = tm.freeze(records)
local freezing = tm.now() - started
local size = bench.memory("VmRSS") - built
local sum, seconds, grown = run(frozen)
local _, copying = run(records)
bench.report {
  n = n, seconds = seconds, check = sum, expected = #records * (#records + 1) // 2,
  extra = { frozen_mb = size, grown_mb = grown, freeze_ms = freezing * 1e3, copied_ratio = copying / seconds },
}
