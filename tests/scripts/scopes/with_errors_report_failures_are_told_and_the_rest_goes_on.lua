-- stderr~ told as it happens
-- stderr~ told as well
local tm, check = require "tidemill", require "_helper"

local done = 0
check.equal({ tm.scope(function(scope)
  scope:spawn(function() error "told as it happens" end)
  tm.spawn(function() error "told as well" end)
  for _ = 1, 3 do scope:spawn(function() tm.sleep(0.002) done = done + 1 end) end
  tm.sleep(0.001)
  local ok = scope:spawn(error, "heard, so it is not told"):join()
  return "result", ok
end, { errors = "report" }) }, { "result", false })
check.equal(done, 3)

-- The body's own failure ends it, and is raised as it is.
local cancelled
local err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(function()
      local _ <close> = setmetatable({}, { __close = function() cancelled = true end })
      tm.sleep(60)
    end)
    tm.yield()
    error("the body", 0)
  end, { errors = "report" })
end)
check.equal({ err, cancelled }, { "the body", true })
check.equal(check.raises(function() tm.scope(tm.sleep, { errors = "report" }) end):find "number expected" ~= nil, true)
