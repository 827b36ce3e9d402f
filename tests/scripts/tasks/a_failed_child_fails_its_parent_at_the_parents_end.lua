-- stderr~ nobody waits for it: .*parents_end.*:7: child
-- Nobody awaits the child, so it is logged; the parent is awaited, so the failure ends here.
local tm, check = require "tidemill", require "_helper"

local reached = false
local parent = tm.spawn(function()
  tm.spawn(function() error "child" end)
  tm.sleep(0.01)
  reached = true
  return "own result"
end)
local ok, err = parent:join()
check.equal({ ok, parent:status(), reached }, { false, "failed", true })
check.truthy(err:find "parents_end.*:7: child", err)
