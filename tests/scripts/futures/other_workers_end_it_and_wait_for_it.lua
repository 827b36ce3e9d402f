local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }

-- Ended in a job, awaited here and in another job.
local future = tm.future()
local there = pool:submit(function() return future:await() end)
local told = pool:submit(function() return future:resolve({ list = { 1, 2 } }, nil, "x") end)
check.equal(table.pack(future:await()), { { list = { 1, 2 } }, nil, "x", n = 3 })
check.equal(table.pack(there:await()), { { list = { 1, 2 } }, nil, "x", n = 3 })
check.equal(told:await(), true)
check.raises(function() future:resolve(1) end, "resolved already")

-- Ended here, awaited in jobs; those that ask afterwards get it as well.
local failing = tm.future()
local jobs = {}
local function ask() return failing:join() end
for i = 1, 4 do jobs[i] = pool:submit(ask) end
failing:fail { code = 7 }
for i = 5, 6 do jobs[i] = pool:submit(ask) end
for i = 1, 6 do check.equal({ jobs[i]:await() }, { false, { code = 7 } }) end

-- Made in a job.
local made = pool:submit(function() return tm.future() end):await()
local waiter = pool:submit(function() return made:await() end)
check.equal(made:resolve("from the main state"), true)
check.equal(waiter:await(), "from the main state")

-- Many race to end one: one wins, the others are told so.
for _ = 1, 50 do
  local contended = tm.future()
  local function try(n) return pcall(contended.resolve, contended, n) end
  local a, b = pool:submit(try, 1), pool:submit(try, 2)
  local value = contended:await()
  local a_won, b_won = a:await(), b:await()
  check.equal(a_won, not b_won)
  check.equal(value, a_won and 1 or 2)
end
