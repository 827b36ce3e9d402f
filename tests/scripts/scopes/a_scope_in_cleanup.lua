local tm, check = require "tidemill", require "_helper"

local log = {}
local function guard(fn) return setmetatable({}, { __close = fn }) end

-- On a plain way out and after an error it works as anywhere.
do
  local _ <close> = guard(function()
    log[1] = tm.scope(function(scope) return scope:spawn(function() tm.yield() return "left" end):await() end)
  end)
end
local err = check.raises(function()
  local _ <close> = guard(function(_, raised)
    log[2] = raised
    log[3] = tm.timeout(60, function() tm.yield() return "after an error" end)
  end)
  error("under way", 0)
end)
check.equal({ err, log }, { "under way", { "left", "under way", "after an error" } })

-- In a cancelled scope its first wait raises; under a shield it works.
log = {}
tm.scope(function(scope)
  local _ <close> = guard(function()
    log[1] = select(2, pcall(tm.scope, function() tm.yield() end)).kind
    log[2] = tm.shield(function()
      return tm.scope(function(inner) return inner:spawn(function() tm.sleep(0.001) return "shielded" end):await() end)
    end)
  end)
  scope:cancel()
  tm.sleep(60)
end)
check.equal(log, { "cancelled", "shielded" })

-- A cancel that comes in cleanup: the scope is cancelled there, and the error under way stays.
log = {}
err = check.raises(function()
  tm.scope(function(scope)
    local _ <close> = guard(function()
      scope:cancel "in cleanup"
      log[1] = select(2, pcall(tm.yield)).reason
    end)
    error("the body", 0)
  end)
end)
check.equal({ err.errors, log }, { { n = 1, "the body" }, { "in cleanup" } })
local task
task = tm.spawn(function()
  local _ <close> = guard(function()
    task:cancel "itself"
    log[2] = select(2, pcall(tm.yield)).reason
  end)
  return "result"
end)
check.equal({ { task:join() }, log[2] }, { { true, "result" }, "itself" })

-- A scope's failure in cleanup replaces the error under way, and has it as its cause.
local first = setmetatable({}, { __tostring = function() return "first" end })
err = check.raises(function()
  tm.run(function()
    local _ <close> = guard(function() tm.scope(function() error("second", 0) end) end)
    error(first)
  end)
end)
check.equal({ err.kind, err.errors[1], err.cause == first }, { "group", "second", true })
