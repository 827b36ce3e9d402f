local tm, check = require "tidemill", require "_helper"

local begun, closed
local function guarded(name)
  local _ <close> = setmetatable({}, { __close = function(_, err) closed[name] = err.kind end })
  begun[name] = "cancelled"
  tm.sleep(60)
end
local err
repeat  -- until the time was enough for both to begin
  begun, closed = {}, {}
  local started = tm.now()
  err = check.raises(function()
    tm.scope(function(scope)
      scope:spawn(guarded, "child")
      guarded "body"
    end, { timeout = 0.02 })
  end, "a_scopes_timeout_raises_timeout.lua:%d+: .*0.02 s")
  local took = tm.now() - started
  check.truthy(took >= 0.012 and took < 20, took)
  check.equal({ err.kind, closed }, { "timeout", begun })
until begun.child and begun.body

-- While the body has ended and the children go on; and when the body gave results.
err = check.raises(function()
  tm.scope(function(scope) scope:spawn(tm.sleep, 60) return "lost" end, { timeout = 0.01 })
end)
check.equal(err.kind, "timeout")

-- In time: the results. Without end, or too large a time: likewise.
for _, timeout in ipairs { 60, math.huge, 1e300 } do
  check.equal(tm.scope(function() tm.sleep(0.001) return timeout end, { timeout = timeout }), timeout)
end
-- No time at all: the body's first wait raises.
local began
err = check.raises(function() tm.scope(function() began = true tm.yield() end, { timeout = 0 }) end)
check.equal({ err.kind, began }, { "timeout", true })

-- A failure on the way out counts for more.
err = check.raises(function()
  tm.scope(function()
    local _ <close> = setmetatable({}, { __close = function() error("cleanup", 0) end })
    tm.sleep(60)
  end, { timeout = 0.005 })
end)
check.equal({ err.kind, err.errors }, { "group", { n = 1, "cleanup" } })

-- One that was cancelled before its time was up returns nothing.
check.equal(select("#", tm.scope(function(scope)
  scope:cancel()
  scope:deadline(0.001)
  tm.shield(function() tm.sleep(0.01) end)
  pcall(tm.sleep, 60)
end, { timeout = 60 })), 0)
