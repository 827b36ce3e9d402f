local tm, check = require "tidemill", require "_helper"

local closed
check.equal(table.pack(tm.scope(function(scope)
  scope:spawn(function()
    local _ <close> = setmetatable({}, { __close = function() closed = true end })
    tm.sleep(60)
  end)
  tm.yield()
  scope:cancel "enough"
  local err = check.raises(tm.yield)
  check.equal({ err.kind, err.reason, err.task == tm.current() }, { "cancelled", "enough", true })
  return "unheard"
end)), table.pack())
check.equal(closed, true)
check.equal(table.pack(tm.scope(function(scope) scope:cancel() tm.sleep(60) end)), table.pack())

-- By a child, and by another task.
check.equal(table.pack(tm.scope(function(scope)
  scope:spawn(function() scope:cancel() end)
  tm.sleep(60)
end)), table.pack())
local handle
local task = tm.spawn(function()
  return "before", select("#", tm.scope(function(scope) handle = scope tm.sleep(60) end))
end)
tm.yield()
check.equal(handle:cancel(), true)
check.equal({ task:await() }, { "before", 0 })
tm.yield()  -- nothing of it is left here

-- A failure counts nevertheless.
local err = check.raises(function()
  tm.scope(function(scope) scope:cancel() error("failed", 0) end)
end)
check.equal({ err.kind, err.errors }, { "group", { n = 1, "failed" } })
