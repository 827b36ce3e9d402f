local tm, check = require "tidemill", require "_helper"

local log = {}
local function guarded(name)
  local _ <close> = setmetatable({}, { __close = function(_, err) log[name] = err.kind end })
  tm.sleep(60)
end
local pool <close> = tm.pool { workers = 1 }
local started = tm.channel(1)
local err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(guarded, "sibling")
    tm.spawn(function() guarded "implicit" end)
    local job = scope:submit(pool, function() started:send(1) tm.sleep(60) end)
    started:recv()
    scope:spawn(function() error("first", 0) end)
    local unstarted = scope:spawn(function() log.unstarted = "ran" end)
    log.job, log.last = job, unstarted
    guarded "body"
  end)
end)
check.equal({ err.kind, err.errors, err.task }, { "group", { n = 1, "first" } })
check.truthy(tostring(err):find "1 failure in a scope" and tostring(err):find "first")
check.equal({ log.job:status(), log.last:status() }, { "cancelled", "cancelled" })
log.job, log.last = nil, nil
check.equal(log, { sibling = "cancelled", implicit = "cancelled", body = "cancelled" })

-- The body's own failure does the same.
log = {}
err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(guarded, "child")
    tm.yield()
    error { code = 5 }
  end)
end)
check.equal({ err.kind, err.errors[1].code, #err.errors, log }, { "group", 5, 1, { child = "cancelled" } })

-- A child that was awaited is the awaiter's affair; what it raises on comes out of the body.
check.equal(tm.scope(function(scope)
  return select("#", scope:spawn(error, "heard"):join()), scope:spawn(error, "again"):join()
end), 2)
err = check.raises(function()
  tm.scope(function(scope) scope:spawn(error, "through the body"):await() end)
end)
check.equal(err.errors, { n = 1, "through the body" })
