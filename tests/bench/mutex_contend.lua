-- Four jobs on two workers, each n times: lock one mutex, count, unlock. A job counts in its own
-- state, since no Lua variable is shared between workers.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(250000)
local jobs_in_all = 4
local mutex = tm.mutex()
local pool = bench.pool(2)

local function contend()
  local count = 0
  for _ = 1, n do
    mutex:lock()
    count = count + 1
    mutex:unlock()
  end
  return count
end

local started = tm.now()
local jobs, sum = {}, 0
for i = 1, jobs_in_all do jobs[i] = pool:submit(contend) end
for i = 1, jobs_in_all do sum = sum + jobs[i]:await() end
local seconds = tm.now() - started

local ops = jobs_in_all * n
bench.report { n = n, ops = ops, seconds = seconds, check = sum, expected = ops }
