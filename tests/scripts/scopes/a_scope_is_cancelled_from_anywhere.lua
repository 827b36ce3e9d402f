-- By a child, a sibling, a grandchild, and through its task by another worker.
-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local function returns_nothing(fn) check.equal(select("#", tm.scope(fn)), 0) end
returns_nothing(function(scope)
  scope:spawn(function() scope:cancel() end)
  tm.sleep(60)
end)
returns_nothing(function(scope)
  scope:spawn(function() tm.spawn(function() tm.spawn(function() scope:cancel() end) end) end)
  scope:spawn(tm.sleep, 60)
end)
local closed = 0
returns_nothing(function(scope)
  for i = 1, 3 do
    scope:spawn(function()
      local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
      if i == 3 then scope:cancel() end
      tm.sleep(60)
    end)
  end
end)
check.equal(closed, 3)

-- One sibling cancels another, not the scope.
check.equal(tm.scope(function(scope)
  local victim = scope:spawn(tm.sleep, 60)
  scope:spawn(function() victim:cancel "by a sibling" end)
  local _, err = victim:join()
  return err.reason
end), "by a sibling")

-- Other workers cancel tasks of this one, and this one's jobs cancel each other.
local pool <close> = tm.pool { workers = 3 }
for _ = 1, check.times(300, 30) do
  local entered = tm.channel(1)
  local task = tm.spawn(function()
    tm.scope(function(scope)
      scope:spawn(tm.sleep, 60)
      scope:submit(pool, function() entered:send(1) tm.sleep(60) end)
      tm.sleep(60)
    end)
  end)
  entered:recv()
  local cancellers = {}
  for i = 1, 2 do
    cancellers[i] = pool:submit(function(victim, reason) return victim:cancel(reason) end, task, "job " .. i)
  end
  local ok, err = task:join(1000)
  check.equal({ ok, err.kind, task:status() }, { false, "cancelled", "cancelled" })
  check.truthy(err.reason == "job 1" or err.reason == "job 2", err.reason)
  check.truthy(cancellers[1]:await() or cancellers[2]:await(), "one of them cancelled it")
end

-- A scope's handle stays in its state.
local err = check.raises(function()
  tm.scope(function(scope) pool:submit(function(there) there:cancel() end, scope):await() end)
end)
check.equal((err:find "transfer" or err).kind, "transfer")
