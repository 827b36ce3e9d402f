local tm, check = require "tidemill", require "_helper"

local closed = 0
local function guard() return setmetatable({}, { __close = function() closed = closed + 1 end }) end
local function nested(depth, at_the_bottom)
  return tm.scope(function(scope)
    local _ <close> = guard()
    scope:spawn(function() local _ <close> = guard() tm.sleep(60) end)
    if depth > 1 then return nested(depth - 1, at_the_bottom) end
    return at_the_bottom()
  end)
end
local function start(fn, ...)
  local task = tm.spawn(fn, ...)
  for _ = 1, 3 do tm.yield() end
  return task
end
local task = start(nested, 20, function() tm.sleep(60) end)
task:cancel "from outside"
local ok, err = task:join()
check.equal({ ok, err.kind, err.reason, err.task == task }, { false, "cancelled", "from outside", true })
check.equal({ closed, task:status() }, { 40, "cancelled" })

-- Children of children, each in scopes.
closed = 0
task = start(function()
  tm.scope(function(scope)
    scope:spawn(function() nested(2, function() nested(2, function() tm.sleep(60) end) end) end)
    tm.sleep(60)
  end)
end)
for _ = 1, 5 do tm.yield() end
task:cancel()
check.equal({ task:join(), task:status(), closed }, { false, "cancelled", 8 })

-- If somebody failed on the way out, the failures are what comes out.
task = start(nested, 3, function()
  local _ <close> = setmetatable({}, { __close = function() error("in cleanup", 0) end })
  tm.sleep(60)
end)
task:cancel()
ok, err = task:join()
check.equal({ ok, err.kind, task:status() }, { false, "group", "failed" })
check.equal(err.errors[1].errors[1].errors, { n = 1, "in cleanup" })
