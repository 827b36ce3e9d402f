-- repeat: 5
-- Who stands in line when it is set is released, however soon it is cleared.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local e = tm.event()
for _ = 1, 100 do
  local jobs = {}
  for i = 1, 3 do jobs[i] = pool:submit(function() return e:wait() end) end
  while not tostring(e):find "3 waiting" do tm.yield() end
  e:set()
  e:clear()
  for i = 1, 3 do check.equal(jobs[i]:await(1000), true) end
end
check.equal(tostring(e), "event not set, 0 waiting")
