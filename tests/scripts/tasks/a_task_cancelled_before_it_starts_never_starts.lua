local tm, check = require "tidemill", require "_helper"

local started = false
local task = tm.spawn(function() started = true end)
check.equal(task:cancel(), true)
check.equal(task:status(), "cancelled")
check.equal(task:cancel(), false)
local err = check.raises(function() task:await() end, "cancelled")
check.equal(err.kind, "cancelled")
tm.yield()
check.equal(started, false)

-- A queued job likewise: the only worker is busy until the gate opens.
local pool <close> = tm.pool { workers = 1 }
local entered, ran, gate = tm.channel(1), tm.channel(1), tm.event()
local blocker = pool:submit(function()
  entered:send(1)
  repeat until gate:is_set()  -- it keeps its worker
end)
entered:recv()
local job = pool:submit(function() ran:send(1) end)
check.equal({ job:status(), job:cancel(), job:status() }, { "queued", true, "cancelled" })
gate:set()
blocker:await()
check.equal(pool:submit(function() return "alive" end):await(), "alive")
check.equal(#ran, 0)
