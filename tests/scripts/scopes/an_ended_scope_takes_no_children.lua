-- A cancelled one does until it has ended; they never start.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local ended, ran
tm.scope(function(scope) ended = scope end)
check.raises(function() ended:spawn(print) end, "an_ended_scope.*the scope has ended")
check.raises(function() ended:submit(pool, print) end, "the scope has ended")
check.raises(function() ended:deadline(1) end, "the scope has ended")
check.equal(ended:cancel(), false)
pcall(tm.scope, function(scope) ended = scope error "failed" end)
check.raises(function() ended:spawn(print) end, "the scope has ended")

local late
tm.scope(function(scope)
  check.equal({ scope:cancel(), scope:cancel() }, { true, false })
  check.equal(tostring(scope), "scope cancelled, 0 children")
  late = scope:spawn(function() ran = true end)
  check.equal(late:status(), "cancelled")
  check.equal(tm.spawn(function() ran = true end):status(), "cancelled")
  check.raises(function() scope:submit(pool, print) end, "cancelled")
end)
check.equal({ late:status(), ran }, { "cancelled" })

check.raises(function() tm.scope(function(scope) scope:spawn() end) end, "function expected")
check.raises(function() tm.scope(function(scope) scope.spawn(print) end) end, "scope expected")
check.raises(function() tm.scope(function(scope) scope:submit(print) end) end, "pool expected")

-- While it waits for its children, one of them may add more: they are waited for as well.
local log = {}
tm.scope(function(scope)
  scope:spawn(function()
    tm.yield()
    scope:spawn(function() tm.yield() log[#log + 1] = "late child" end)
  end)
end)
check.equal(log, { "late child" })
