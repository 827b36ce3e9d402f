-- repeat: 5
-- Handles travel through channels to jobs and back; each waiter gets the outcome.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local slow = tm.spawn(function() tm.sleep(0.01) return "slow", nil, { 1 } end)
local quick = tm.spawn(function() return "quick" end)
local failing = tm.spawn(error, { code = 9 })
check.equal(failing:join(), false)
quick:await()
local handles = tm.channel(20)
local waiters = {}
for i = 1, 4 do
  waiters[i] = pool:submit(function()
    local a, b, c = handles:recv()
    local word, none, list = a:await()
    local ok, err = c:join()
    return word, none, list, b:await(), ok, err.code, a
  end)
end
for _ = 1, 4 do handles:send(slow, quick, failing) end
for i = 1, 4 do
  local word, none, list, second, ok, code, handle = waiters[i]:await()
  check.equal({ word, none, list[1], second, ok, code }, { "slow", nil, 1, "quick", false, 9 })
  check.truthy(handle == slow, "the same handle came back")
end

-- A job awaited by another job, and a task of a worker awaited here.
local job = pool:submit(function() tm.sleep(0.005) return 42 end)
check.equal(pool:submit(function() return job:await() + job:await() end):await(), 84)
local given = tm.channel(1)
local owner = pool:submit(function()
  given:send(tm.spawn(function() tm.sleep(0.01) return "from a worker" end))
end)
check.equal(given:recv():await(), "from a worker")
owner:await()
