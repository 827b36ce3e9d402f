-- Both at the same time: whichever of them starts the first worker, neither is forgotten behind the job
-- of the other.
-- repeat: 3
local tm = require "tidemill"

local submitters <close> = tm.pool { workers = 2 }
for _ = 1, 100 do
  local pool <close> = tm.pool { workers = 2 }
  local ready, begun = tm.atomic(), tm.atomic()
  local jobs = {}
  for i = 1, 2 do
    jobs[i] = submitters:submit(function()
      ready:add()
      repeat until ready:get() == 2
      pool:submit(function()
        begun:add()
        repeat until begun:get() == 2  -- keeps its worker
      end):await()
    end)
  end
  tm.all(jobs)
end
