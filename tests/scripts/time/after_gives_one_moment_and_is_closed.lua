local tm, check = require "tidemill", require "_helper"

local started = tm.now()
local timer = tm.after(0.02)
check.equal(tostring(timer), 'channel "after" 0/1 open')
local moment, more = timer:recv()
check.equal({ math.type(moment), more }, { "float", nil })
check.truthy(moment - started >= 0.02 and moment <= tm.now(), moment - started)
check.equal({ timer:recv() }, { nil, "closed" })
for _, delay in ipairs { 0, -1, -math.huge } do
  local at_once = tm.after(delay)
  check.truthy(at_once:try_recv() <= tm.now())
  check.equal({ at_once:try_recv() }, { nil, "closed" })
end
check.equal({ tm.after(math.huge):try_recv() }, { nil, "empty" })
check.raises(function() tm.after(0 / 0) end, "NaN")
check.raises(function() tm.after() end, "number expected")
check.raises(function() tm.after "soon" end, "number expected")

-- Ordered by their moments, also in a select and from a job.
local never = tm.channel()
check.equal((tm.select { never, tm.after(1000), soon = tm.after(0.001) }), "soon")
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(ch) return (tm.select { tm.after(0.001), ch }) end, never):await())
local mine = tm.after(0.01)
check.truthy(pool:submit(function(ch) return ch:recv() end, mine):await() >= started)
