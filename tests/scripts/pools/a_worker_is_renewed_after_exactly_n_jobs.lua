local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1, max_jobs_per_worker = 3 }
local function age()
  string.age = (string.age or 0) + 1
  return string.age
end
local ages = {}
for i = 1, 10 do ages[i] = pool:submit(age):await() end
check.equal(ages, { 1, 2, 3, 1, 2, 3, 1, 2, 3, 1 })
-- one that was cancelled before it began does not count
local entered, go = tm.channel(1), tm.channel(1)
local first = pool:submit(function()                -- the second in this state
  entered:send(1)
  while not go:try_recv() do end
  return age()
end)
entered:recv()
local second, third, fourth = pool:submit(age), pool:submit(age), pool:submit(age)
second:cancel()
go:send(1)
check.equal({ first:await(), third:await(), fourth:await() }, { 2, 3, 1 })

for _, n in ipairs { 0, -1, 1.5, 0 / 0 } do
  check.raises(function() tm.pool { max_jobs_per_worker = n } end,
    "a_worker_is_renewed_after_exactly_n_jobs.lua:%d+:.*max_jobs_per_worker")
end
tm.pool { max_jobs_per_worker = math.huge }:close()
