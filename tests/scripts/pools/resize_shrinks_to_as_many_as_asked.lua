-- Once the workers above have ended what they had started, no more than n jobs run, and they let go of
-- their interpreters; growing again uses them.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local busy, gate = tm.atomic(), tm.event()
local function hold()
  busy:add(1)
  gate:wait()
end
local function meet(n)
  busy:add(1)
  while busy:get() < n do end
end

for _ = 1, 3 do
  pool:resize(4)
  busy:set(0)
  local jobs = {}
  for i = 1, 4 do jobs[i] = pool:submit(meet, 4) end -- all four are needed at once
  for i = 1, 4 do jobs[i]:await() end

  busy:set(0)
  gate:clear()
  local waiting = {}
  for i = 1, 4 do waiting[i] = pool:submit(hold) end
  while busy:get() < 4 do tm.sleep(0.001) end
  pool:resize(1)
  gate:set()
  for i = 1, 4 do waiting[i]:await() end
  while pool:stats().started > 1 do tm.sleep(0.001) end

  local running, most = tm.atomic(), tm.atomic()
  local after = {}
  for i = 1, 20 do
    after[i] = pool:submit(function()
      most:max(running:add(1))
      for _ = 1, 2000 do end
      running:sub(1)
    end)
  end
  for i = 1, 20 do after[i]:await() end
  check.equal(most:get(), 1)
end
