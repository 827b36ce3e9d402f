-- With a bounded queue: the worker takes none of the jobs from outside before its own have ended, so
-- no place would become free for what a job submits to its own pool.
local tm, check = require "tidemill", require "_helper"
local pool <close> = tm.pool { workers = 1, max_jobs_per_worker = 1, queue = 1 }
local begun, go_on = tm.event(), tm.event()
local first = pool:submit(function()
  begun:set()
  go_on:wait()
  local sum = 0
  for i = 1, 5 do sum = sum + pool:submit(function() return i end):await() end
  return sum
end)
begun:wait()
local second = pool:submit(function() return "second" end)
check.equal({ pool:try_submit(function() end) }, { nil, "full" })
local third = tm.spawn(function() return pool:submit(function() return "third" end):await() end)
tm.yield()
go_on:set()
check.equal(first:await(1000), 15)
check.equal(second:await(1000), "second")
check.equal(third:await(1000), "third")
