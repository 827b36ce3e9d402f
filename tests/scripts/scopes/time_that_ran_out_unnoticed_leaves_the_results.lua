-- A scope whose time is up raises `timeout` if that stopped anything. If nothing noticed, or the body
-- caught it and finished, the results are there and are not dropped.
local tm, check = require "tidemill", require "_helper"

local calls = 0
local function body() calls = calls + 1 return "done", nil end
for _, timeout in ipairs { 0, -1 } do
  local results = table.pack(tm.scope(body, { timeout = timeout }))
  check.equal(results, { n = 2, "done", nil })
end
check.equal(calls, 2)

check.equal(tm.scope(function(scope) scope:deadline(0) return "done" end), "done")
check.equal(tm.scope(function()
  check.raises(function() tm.sleep(60) end)
  return "caught"
end, { timeout = 0.005 }), "caught")

-- It stops a child: then the results are lost, and `timeout` says so.
local err = check.raises(function()
  tm.scope(function(scope) scope:spawn(tm.sleep, 60) return "lost" end, { timeout = 0 })
end)
check.equal(err.kind, "timeout")
-- The scope's own cancellation drops them as ever.
check.equal(select("#", tm.scope(function(scope) scope:cancel() scope:deadline(0) return "dropped" end)), 0)

-- The error names the time that counted.
err = check.raises(function()
  tm.scope(function(scope) scope:deadline(0.005) tm.sleep(60) end, { timeout = 60 })
end, "not done after its deadline, 0.005 s after it was set")
err = check.raises(function()
  tm.scope(function(scope)
    check.raises(function() tm.sleep(60) end)
    scope:deadline(70)                              -- too late
    tm.sleep(60)
  end, { timeout = 0.005 })
end, "not done after 0.005 s")
