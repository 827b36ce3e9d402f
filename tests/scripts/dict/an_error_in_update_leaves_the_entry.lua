local tm, check = require "tidemill", require "_helper"

local d, problem = tm.dict(), {}
d:set("k", { 1 })
local function fail(old)
  old[1] = 2
  error(problem)
end
check.truthy(check.raises(function() d:update("k", fail) end) == problem)
check.equal(d:get "k", { 1 })
check.raises(function() d:update("absent", function() error "no" end) end, "no")
check.equal(#d, 1)

-- A cancelled task goes on until it waits, which it cannot in there.
local task = tm.spawn(function()
  pcall(tm.sleep, 60)
  return d:update("n", function() check.raises(tm.yield, "cancelled") return 5 end)
end)
tm.yield()
task:cancel()
task:join()
check.equal(d:get "n", 5)

-- A loop in there is interrupted.
check.raises(function()
  tm.timeout(0.05, function() d:update("n", function() while true do end end) end)
end, "not done after")
check.equal(d:get "n", 5)
