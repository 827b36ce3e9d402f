local tm, check = require "tidemill", require "_helper"

local task = tm.spawn(function() return 1 end)
check.raises(function() task:resolve(2) end, "only a future is resolved")
check.raises(function() task:fail(2) end, "only a future is resolved")
check.raises(function() tm.current():resolve() end, "only a future is resolved")
check.raises(function() tm.future().resolve(1) end, "bad argument")
check.equal(task:await(), 1)
