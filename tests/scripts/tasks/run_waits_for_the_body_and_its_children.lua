local tm, check = require "tidemill", require "_helper"

local ended = false
local results = table.pack(tm.run(function(...)
  tm.spawn(function() tm.sleep(0.02) ended = true end)
  return ..., nil
end, "a", "b"))
check.equal(results, { "a", nil, n = 2 })
check.equal(ended, true)
check.raises(function() tm.run(error, "inside") end, "inside")
check.raises(function() tm.run "not a function" end, "run_waits_for_the_body.*function expected")
