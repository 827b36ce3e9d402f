-- A job sees nothing of those before it: no globals of the worker, no module state.
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 2, max_jobs_per_worker = 1 }
local function job(i)
  local seen = string.mark
  string.mark = i                                   -- the library's table is the worker's own
  package.loaded.mark = i
  tm.yield()
  check.equal(string.mark, i)
  return seen == nil
end
local jobs = {}
for i = 1, check.times(200, 40) do jobs[i] = pool:submit(job, i) end
pool:close()                                        -- early: all are still done
for i = 1, #jobs do check.truthy(jobs[i]:await()) end
check.equal(pool:stats().completed, #jobs)
