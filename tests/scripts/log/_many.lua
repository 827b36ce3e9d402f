local tm = require "tidemill"
local pool <close> = tm.pool { workers = 4, name = "many" }
local jobs = {}
for i = 1, 4 do
  jobs[i] = pool:submit(function()
    local text = tostring(i):rep(20000)
    for _ = 1, 100 do tm.log.warn(i, text) end
  end)
end
tm.all(jobs)
