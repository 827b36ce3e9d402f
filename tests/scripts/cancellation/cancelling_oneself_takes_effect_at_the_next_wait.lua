local tm, check = require "tidemill", require "_helper"

local log = {}
local task = tm.spawn(function()
  check.equal({ tm.current():cancel "mine", tm.current():cancel() }, { true, true })
  log[1] = "code goes on"
  local _, err = pcall(tm.yield)
  log[2] = err.reason
  tm.sleep(60)
end)
local ok, err = task:join()
check.equal({ ok, err.reason, task:status(), log }, { false, "mine", "cancelled", { "code goes on", "mine" } })

-- Without another wait it ends as it would.
check.equal({ tm.spawn(function() tm.current():cancel() return "done" end):join() }, { true, "done" })
check.equal({ tm.spawn(function() tm.current():cancel() error("failed", 0) end):join() }, { false, "failed" })
-- The wait for a child is one, too; the child is cancelled with it.
local child
task = tm.spawn(function()
  child = tm.spawn(tm.sleep, 60)
  tm.yield()
  tm.current():cancel()
  child:await()
end)
check.equal({ task:join(), task:status(), child:join(), child:status() }, { false, "cancelled", false, "cancelled" })
-- And what is made from then on never starts.
task = tm.spawn(function()
  tm.current():cancel()
  return tm.spawn(print, "never"):status()
end)
check.equal(task:await(), "cancelled")
-- In a job.
local pool <close> = tm.pool { workers = 1 }
local job = pool:submit(function() tm.current():cancel "job" tm.sleep(60) end)
check.equal({ select(2, job:join()).reason, job:status() }, { "job", "cancelled" })

-- One that is over cannot be cancelled any more.
for _, over in ipairs { task, job, tm.spawn(function() end), pool:submit(function() end) } do
  over:join()
  local status = over:status()
  check.equal({ over:cancel(), over:status() }, { false, status })
end
-- One whose function has returned while children run: they are cancelled, and so is it.
local finishing = tm.spawn(function() tm.spawn(tm.sleep, 60) return "result" end)
tm.yield()
tm.yield()
check.equal({ finishing:status(), finishing:cancel() }, { "finishing", true })
check.equal({ finishing:join(), finishing:status() }, { false, "cancelled" })
