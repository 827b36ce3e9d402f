-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local runs = tm.channel(math.huge)
for round = 1, 50 do
  local o, jobs = tm.once(), {}
  local function make()
    runs:send(true)
    tm.yield()
    return { round = round }, round
  end
  for i = 1, 6 do
    jobs[i] = pool:submit(function()
      local t, n = o:call(make)
      local same = o:call(make)
      return t, n, t == same
    end)
  end
  check.equal({ o:call(make) }, { { round = round }, round })
  for i = 1, 6 do check.equal({ jobs[i]:await(1000) }, { { round = round }, round, true }) end
  check.equal(#runs, 1)
  runs:recv()
end
