-- A coroutine that was suspended in a block goes on in another task, or is closed there.
local tm, check = require "tidemill", require "_helper"

local co
-- The task that opened it has ended.
tm.spawn(function()
  co = coroutine.create(function() tm.scope(function() coroutine.yield() end) return "on" end)
  coroutine.resume(co)
end):await()
check.equal({ coroutine.resume(co) }, { true, "on" })

-- It ends while the other one waits for the children.
local gate = tm.channel()
local owner = tm.spawn(function()
  co = coroutine.create(function()
    tm.scope(function(scope)
      scope:spawn(function() tm.shield(function() gate:recv() end) end)
      coroutine.yield()
    end)
    return "on"
  end)
  coroutine.resume(co)
  tm.yield()
end)
tm.yield()
check.equal({ coroutine.resume(co) }, { true, "on" })
gate:send(1)
owner:await()

-- It is told of a cancellation by a block that is closed before it runs.
local scope
local waiting = tm.spawn(function()
  co = coroutine.create(function() tm.scope(function(opened) scope = opened coroutine.yield() end) end)
  coroutine.resume(co)
  return select(2, pcall(tm.sleep, 60))
end)
tm.yield()
scope:cancel()
coroutine.close(co)
check.equal(waiting:await().kind, "cancelled")
