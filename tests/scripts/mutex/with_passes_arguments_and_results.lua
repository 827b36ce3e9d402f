local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
local results = table.pack(m:with(function(...)
  check.truthy(m:locked())
  return select("#", ...), ..., nil
end, 1, nil, 3, nil))
check.equal(results, { 4, 1, nil, n = 3 })
check.equal(m:locked(), false)
check.equal(m:with(function() tm.sleep(0.001) return "waited" end), "waited")
local err = check.raises(function() m:with(error, { "any value" }) end)
check.equal(err, { "any value" })
check.equal(m:locked(), false)
check.raises(function() m:with "not a function" end, "function expected")
check.equal(m:locked(), false)
