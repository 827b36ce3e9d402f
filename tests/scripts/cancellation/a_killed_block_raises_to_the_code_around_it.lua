-- stderr~ is killed
local tm, check = require "tidemill", require "_helper"

tm.grace(0.01)
local function stubborn() while true do pcall(tm.sleep, 60) end end
local log = {}
local function guarded()
  local _ <close> = setmetatable({}, { __close = function() log[#log + 1] = "closed" end })
  stubborn()
end
local err = check.raises(function() tm.timeout(0.005, guarded) end, "0.005 s")
check.equal({ err.kind, log }, { "timeout", { "closed" } })
err = check.raises(function() tm.scope(guarded, { timeout = 0.005 }) end)
check.equal({ err.kind, #log }, { "timeout", 2 })
-- A scope that cancelled itself is left as such a scope is.
check.equal(select("#", tm.scope(function(scope) scope:cancel() guarded() end)), 0)
check.equal(#log, 3)
-- A failing sibling: the group.
err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(guarded)
    scope:spawn(function() tm.yield() error("sibling", 0) end)
    guarded()
  end)
end)
check.equal({ err.kind, err.errors, #log }, { "group", { n = 1, "sibling" }, 5 })
-- A shield with a limit, within what is cancelled.
err = check.raises(function() tm.shield(guarded, 0.005) end)
check.equal({ err.kind, #log }, { "timeout", 6 })
-- The task goes on afterwards, without hurry.
tm.sleep(0.02)
check.equal(tm.spawn(function() tm.yield() return "alive" end):await(), "alive")

-- Only the inner block was cancelled: its body is killed, the one around it is not.
check.equal(tm.timeout(60, function()
  local ok, inner = pcall(tm.timeout, 0.005, stubborn)
  tm.sleep(0.02)
  return inner.kind
end), "timeout")
-- The outer one: the inner one is gone through as well.
err = check.raises(function()
  tm.timeout(0.005, function()
    while true do pcall(tm.scope, stubborn) end
  end)
end)
check.equal(err.kind, "timeout")

-- The task itself is cancelled: the block does not hold up the kill.
local after
local task = tm.spawn(function()
  pcall(tm.timeout, 60, stubborn)
  after = "went on"
  tm.sleep(60)
end)
tm.yield()
task:cancel()
check.equal({ task:join(1000), task:status(), tm.grace() }, { false, "cancelled", 0.01 })
