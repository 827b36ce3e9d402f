-- Futures, channels, tickers, failures and results that were made in a state that is gone.
-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1, max_jobs_per_worker = 1 }
local future, failing, channel, tick = pool:submit(function()
  local future, failing, channel = tm.future(), tm.future(), tm.channel(2)
  channel:send { 1, 2 }
  return future, failing, channel, tm.after(0.01)
end):await()
local failed = pool:submit(function() error { code = 7 } end)
check.equal(select(2, failed:join()), { code = 7 })
check.raises(function() pool:submit(error, "again"):await() end, "again")
-- back to its worker, which has another state by now
check.equal(pool:submit(function() return future:status(), (channel:recv())[2] end):await(), "waiting")
pool:submit(function() failing:fail { code = 8 } end):await()
pool:submit(function() future:resolve("a", { "b" }) end):await()
check.equal({ future:await() }, { "a", { "b" } })
check.equal(pool:submit(function() return select("#", future:await()) end):await(), 2)
check.equal(pool:submit(function() return select(2, failing:join()).code end):await(), 8)
check.equal(select(2, failing:join()), { code = 8 })
check.truthy(tick:recv(1000))
-- a task spawned in a job, whose handle has left the state
local child = pool:submit(function()
  local child = tm.spawn(function() return 1, 2, 3 end)
  child:await()
  return child
end):await()
check.equal({ child:await() }, { 1, 2, 3 })
check.equal(pool:submit(function() return child:await() end):await(), 1)
check.equal(pool:submit(function() return child end):await(), child)
-- one that was cancelled before it began, and is still listed where it was to run
for i = 1, 20 do
  check.equal(pool:submit(function()
    for _ = 1, 5 do tm.spawn(print, "never"):cancel() end
    return i
  end):await(), i)
end
collectgarbage()
