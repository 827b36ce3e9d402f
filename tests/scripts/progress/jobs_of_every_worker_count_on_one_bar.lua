local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local bar <close> = tm.progress(nil, "jobs")
local jobs, times = {}, check.times(5000, 300)
for i = 1, 6 do
  jobs[i] = pool:submit(function(mine)
    for _ = 1, times do mine:add() end
    mine:add(i)
    return mine
  end, bar)
end
for i = 1, 6 do check.equal(jobs[i]:await(), bar) end
check.equal(bar:count(), 6 * times + 21)
