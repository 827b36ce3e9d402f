-- Of nested scopes that are cancelled the outermost one is left as cancelled; those inside pass it on.
local tm, check = require "tidemill", require "_helper"

local log = {}
check.equal(select("#", tm.scope(function(outer)
  local ok, err = pcall(tm.scope, function(inner)
    inner:cancel "inner"
    outer:cancel "outer"
    local _, raised = pcall(tm.yield)
    log[1] = raised.reason
    tm.sleep(60)
  end)
  check.equal({ ok, err.kind, err.reason }, { false, "cancelled", "outer" })
  log[2] = "after the inner"
  tm.sleep(60)
end)), 0)
check.equal(log, { "outer", "after the inner" })

-- Only the inner: code between the two goes on.
check.equal(tm.scope(function()
  tm.scope(function(inner) inner:cancel() tm.sleep(60) end)
  tm.yield()
  return "between"
end), "between")

-- The task is cancelled while a scope of its own is, too: the task's end is what counts.
local scope_of
local task = tm.spawn(function()
  tm.scope(function(scope)
    scope_of = scope
    tm.sleep(60)
  end)
  return "not reached"
end)
tm.yield()
scope_of:cancel()
task:cancel()
check.equal({ task:join(), task:status() }, { false, "cancelled" })

-- The cancellation of another task, awaited in a scope that was not cancelled, is a failure there.
local other = tm.spawn(tm.sleep, 60)
other:cancel "over"
local err = check.raises(function() tm.scope(function() other:await() end) end)
check.equal({ err.kind, err.errors[1].kind, err.errors[1].reason }, { "group", "cancelled", "over" })
check.truthy(err.errors[1].task == other and err:find "cancelled" == err.errors[1])

-- An old error, raised again after its scope has ended, cancels nothing.
local old
tm.scope(function(scope) scope:cancel() old = select(2, pcall(tm.yield)) end)
err = check.raises(function() tm.scope(function() error(old, 0) end) end)
check.equal({ err.kind, err.errors[1] == old }, { "group", true })
