local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local q = tm.queue { capacity = 1, name = "shared" }
check.equal(pool:submit(function(same) return same end, q):await() == q, true)
local text = pool:submit(function()
  q:put "from a job"
  return tostring(q)
end):await()
check.equal({ text, q:get() }, { 'queue "shared" 1/1 open', "from a job" })
-- Several workers join what others do.
local joiner = pool:submit(function() return q:join() end)
tm.yield()
check.equal(q:stats().unfinished, 1)
pool:submit(function() q:task_done() end):await()
check.equal(joiner:await(), true)
check.equal(({ [q] = 1 })[q], 1)
check.equal(getmetatable(q), false)
