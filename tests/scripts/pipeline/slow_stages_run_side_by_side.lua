local tm, check = require "tidemill", require "_helper"

-- All eight workers of a stage that waits are at work at once, whatever the number of processors, and
-- though nothing has been said about chunks.
local meeting = tm.barrier(8)
local report = tm.pipeline():source(80):stage("wait", function(x)
  meeting:wait()
  return x
end, { workers = 8 }):collect():run()
for i = 1, 80 do check.equal(report.result[i], i) end
check.equal(report.stages[1].workers, 8)

-- Two stages of one worker work at the same time.
local both = tm.barrier(2)
report = tm.pipeline():source(20)
  :stage("a", function(x) if x > 1 then both:wait() end return x end)
  :stage("b", function(x) if x < 20 then both:wait() end return x end)
  :collect():run { chunk = 1 }
check.equal(#report.result, 20)
