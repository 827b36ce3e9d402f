-- repeat: 5
-- A notification is received exactly once: by who says true.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local c = tm.condition()
for i = 1, 100 do
  local jobs = {}
  for k = 1, 2 do
    jobs[k] = pool:submit(function(t)
      local _ <close> = c:lock()
      return c:wait(t)
    end, k == 1 and i % 10 / 10000 or nil)
  end
  tm.sleep(i % 7 / 10000)
  local sent = 0
  while not (jobs[1]:done() and jobs[2]:done()) do
    c:with(function()
      if not tostring(c):find "condition 0" then
        c:notify()
        sent = sent + 1
      end
    end)
    tm.yield()
  end
  local received = (jobs[1]:await() and 1 or 0) + (jobs[2]:await() and 1 or 0)
  check.truthy(received <= sent and received >= 1, received .. " of " .. sent)
end
check.equal(c:locked(), false)
