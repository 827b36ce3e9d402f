local tm, check = require "tidemill", require "_helper"

local log = {}
local result = tm.scope(function(scope)
  local child = scope:spawn(tm.sleep, 60)
  local unstarted = scope:spawn(print, "never")
  check.equal(unstarted:cancel(), true)
  local sibling = scope:spawn(function() tm.yield() tm.yield() log[1] = "sibling" end)
  tm.yield()
  check.equal(child:cancel "enough", true)
  tm.yield()
  check.equal({ child:status(), unstarted:status() }, { "cancelled", "cancelled" })
  sibling:await()
  check.equal(child:cancel(), false)
  check.equal(sibling:cancel(), false)
  local ok, err = child:join()
  check.equal({ ok, err.kind, err.reason }, { false, "cancelled", "enough" })
  return "went on"
end)
check.equal({ result, log[1] }, { "went on", "sibling" })

-- If the body awaits it, that raises; and then it is the body that fails.
local err = check.raises(function()
  tm.scope(function(scope)
    local child = scope:spawn(tm.sleep, 60)
    scope:spawn(function() child:cancel "why" end)
    child:await()
  end)
end)
check.equal({ err.kind, err.errors[1].kind, err.errors[1].reason }, { "group", "cancelled", "why" })
