local tm, check = require "tidemill", require "_helper"

local task
task = tm.spawn(function()
  local err = check.raises(function() task:await() end, "task #" .. task.id)
  check.equal(err.kind, "deadlock")
  err = check.raises(function() tm.current():join(60) end)
  check.equal(err.kind, "deadlock")
end)
task:await()
