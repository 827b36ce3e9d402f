local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function jobs()
  return coroutine.wrap(function()
    for i = 1, 3 do
      local job = pool:submit(function() return i end)
      coroutine.yield(job)
      tm.yield()
      coroutine.yield(job)
    end
  end)
end
local sum, seen = 0, 0
for task in tm.as_completed(jobs()) do
  sum, seen = sum + task:await(), seen + 1
end
check.equal({ sum, seen }, { 6, 3 })

local channel = tm.channel(2)
channel:send(pool:submit(function() return "a job" end))
channel:send(function() return "a function" end)
channel:close()
local results = {}
for task in tm.as_completed(channel) do results[task:await()] = true end
check.equal(results, { ["a job"] = true, ["a function"] = true })

-- None at all; one that gives something else; one that fails; one that takes its time.
for _ in tm.as_completed(function() end) do error "of nothing" end
check.raises(function() tm.as_completed(function() return 1 end) end,
  "takes_an_iterator.lua:%d+: bad argument #1 to 'as_completed' %(member 1 is a number, not a task or function%)")
check.equal(check.raises(function() tm.as_completed(function() error({ code = 7 }) end) end).code, 7)
local given, endless = 0, tm.future()
local message = check.raises(function()
  for task in tm.as_completed(function()
    given = given + 1
    return ({ endless, pool:submit(function() end) })[given]
  end, 0.5) do check.truthy(task ~= endless) end
end).message
check.truthy(message:find("1 of 2 tasks have not ended", 1, true), message)
