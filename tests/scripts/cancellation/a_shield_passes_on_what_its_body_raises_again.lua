local tm, check = require "tidemill", require "_helper"

local task = tm.spawn(function()
  local ok, err = pcall(tm.sleep, 60)
  tm.shield(function() error(err, 0) end)
  return "not reached"
end)
tm.yield()
task:cancel()
check.equal({ (task:join()), task:status() }, { false, "cancelled" })
