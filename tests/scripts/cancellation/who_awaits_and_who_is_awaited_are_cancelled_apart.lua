local tm, check = require "tidemill", require "_helper"

local gate = tm.channel()
local function wait() return gate:recv() end
local target = tm.spawn(wait)
for name, call in pairs {
  await = function() target:await() end, timed = function() target:await(60) end,
  join = function() target:join() end, all = function() tm.wait { target } end,
  as_completed = function() for _ in tm.as_completed { target } do end end,
} do
  local awaiter = tm.spawn(call)
  tm.yield()
  tm.yield()
  check.equal(awaiter:cancel(), true, name)
  check.equal({ awaiter:join(), awaiter:status(), target:status() }, { false, "cancelled", "waiting" }, name)
end
-- Unless it is a child of what is cancelled.
local child
tm.scope(function(scope)
  scope:spawn(function() child = tm.spawn(tm.sleep, 60) child:await() end)
  tm.yield()
  tm.yield()
  scope:cancel()
end)
check.equal(child:status(), "cancelled")

-- Cancelling the awaited one raises `cancelled` in those who await it, an ordinary error there.
local awaiters = {}
for i = 1, 3 do
  awaiters[i] = tm.spawn(function()
    local ok, err = pcall(target.await, target)
    check.truthy(not ok and err.kind == "cancelled" and err.task == target)
    tm.yield()  -- it is not cancelled itself
    return err.reason
  end)
end
local unprotected = tm.spawn(function() target:await() end)
tm.yield()
target:cancel "gone"
local ok, err = unprotected:join()
for i = 1, 3 do check.equal(awaiters[i]:await(), "gone") end
check.equal({ ok, err.kind, err.task == target, unprotected:status() }, { false, "cancelled", true, "failed" })

-- Across workers.
local pool <close> = tm.pool { workers = 1 }
target = tm.spawn(tm.sleep, 60)
local entered = tm.channel(1)
local job = pool:submit(function(task) entered:send(1) return task:join() end, target)
entered:recv()
target:cancel "across"
ok, err = job:await()
check.equal({ ok, err.kind, err.reason, err.task == target }, { false, "cancelled", "across", true })
