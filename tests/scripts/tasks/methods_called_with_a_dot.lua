-- The error names the method and the script's line, not what is behind it.
local tm, check = require "tidemill", require "_helper"

local function fails(name, expected, call)
  local problem = tostring(check.raises(call, ("%s' on bad self %%(%s expected, got function"):format(name, expected)))
  check.truthy(problem:find "methods_called_with_a_dot.lua:%d+: ", problem)
  check.truthy(not problem:find("[tidemill]", 1, true), problem)
end

tm.scope(function(scope)
  fails("spawn", "scope", function() scope.spawn(print) end)
  fails("submit", "scope", function() scope.submit(print) end)
  fails("cancel", "scope", function() scope.cancel(print) end)
  fails("deadline", "scope", function() scope.deadline(print) end)
  check.raises(function() scope:submit(print) end, "lua:%d+: bad argument #1 to 'submit' %(pool expected, got function")
  local pool <close> = tm.pool { workers = 1 }
  check.raises(function() scope:submit(pool) end, "lua:%d+: bad argument #2 to 'submit' %(function expected, got nil")
  fails("map", "pool", function() pool.map(print, 3) end)
  fails("close", "pool", function() pool.close(print) end)
end)
fails("with", "mutex", function() tm.mutex().with(print) end)
fails("with", "semaphore", function() tm.semaphore().with(print) end)
fails("call", "once", function() tm.once().call(print) end)
fails("wait", "barrier", function() tm.barrier(1).wait(print) end)
fails("lock", "condition", function() tm.condition().lock(print) end)
fails("wait_for", "condition", function() tm.condition().wait_for(print) end)
