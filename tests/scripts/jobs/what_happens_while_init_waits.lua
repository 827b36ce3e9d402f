local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

for _, kind in ipairs(ways.kinds) do
  -- A job that is cancelled while it runs init takes init along; the next one begins it anew.
  local begun, gate = tm.channel(math.huge), tm.event()
  local ended = tm.atomic()
  local pool = tm.pool {
    kind = kind, workers = 1,
    init = function()
      begun:send(true)
      gate:wait()
      ended:add()
    end,
  }
  local first = pool:submit(function() return "first" end)
  begun:recv()
  local second, third = pool:submit(function() return "second" end), pool:submit(function() return "third" end)
  tm.sleep(0.005)
  third:cancel()  -- while it waits for init, or before it has started
  check.equal(third:join(), false)
  check.equal(first:cancel(), true)
  check.equal(first:status() ~= "done" and select(2, first:join()).kind, "cancelled")
  begun:recv()
  gate:set()
  check.equal(second:await(), "second")
  check.equal(ended:get(), 1)
  pool:close()

  -- A job's time does not begin before.
  local gate = tm.event()
  local pool = tm.pool { kind = kind, workers = 2, init = function() gate:wait() end }
  local job = pool:job { function() return "ran" end, timeout = 5 }
  tm.sleep(0.01)
  gate:set()
  check.equal(job:await(), "ran")
  pool:close()

  -- Closing waits for jobs, and so for init; cancelled jobs leave nothing to wait for.
  local never = tm.event()
  local pool = tm.pool { kind = kind, workers = 2, init = function() never:wait() end }
  local jobs = {}
  for i = 1, 5 do jobs[i] = pool:submit(print) end
  check.equal(check.raises(function() pool:close { timeout = 0.01 } end).kind, "timeout")
  for i = 1, 5 do jobs[i]:cancel() end
  pool:close()
  for i = 1, 5 do check.equal(jobs[i]:join(), false) end

  -- An init that nothing can end is a deadlock like others.
  local pool = tm.pool { kind = kind, workers = 1, init = function() never:wait() end }
  local job = pool:submit(print)
  local err = check.raises(function() job:await() end, "deadlock")
  check.equal(err.kind, "deadlock")
  job:cancel()
  job:join()
  pool:close()
end
