-- repeat: 10
-- Every submit gives a job that ends or raises closed; every close returns.
local tm, check = require "tidemill", require "_helper"

for round = 1, 10 do
  local pool = tm.pool { workers = 2, queue = 2, order = round % 2 == 0 and "priority" or "fifo",
                         max_jobs_per_worker = round % 3 == 0 and 2 or math.huge }
  local helpers <close> = tm.pool { workers = 2 }
  local function submit_until_closed()
    local jobs = {}
    while true do
      local ok, job = pcall(pool.submit, pool, function(i)
        if i % 4 == 0 then tm.sleep(0.0005) end
        if i % 5 == 0 then pcall(pool.submit, pool, tm.yield) end
      end, #jobs)
      if not ok then
        check.equal(job.kind, "closed")
        break
      end
      jobs[#jobs + 1] = job
    end
    for _, job in ipairs(jobs) do job:join() end
    return #jobs
  end
  local a, b = helpers:submit(submit_until_closed), helpers:submit(submit_until_closed)
  tm.sleep(0.0005 * (round % 4))
  local closers = {}
  for i = 1, 2 do
    closers[i] = tm.spawn(function() pool:close { cancel = true, timeout = round % 2 == 0 and 5 or nil } end)
  end
  if round % 3 == 0 then pool:resize(1) end
  for i = 1, 2 do closers[i]:await() end
  local accepted = a:await() + b:await()
  local stats = pool:stats()
  check.equal(stats.open, 0)
  check.truthy(stats.completed >= accepted)
end
