-- repeat: 5
-- One is notified, one is cancelled, in any order: exactly one of the two others is notified.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local c = tm.condition()
for _ = 1, 100 do
  local jobs = {}
  for i = 1, 3 do
    jobs[i] = pool:submit(function()
      local _ <close> = c:lock()
      return c:wait()
    end)
  end
  while not tostring(c):find "3 waiting" do tm.yield() end
  c:with(c.notify, c)
  jobs[1]:cancel()
  local first = jobs[1]:join(1000)
  local done = 0
  while done < 1 do
    done = (jobs[1]:status() == "done" and 1 or 0) + (jobs[2]:done() and 1 or 0) + (jobs[3]:done() and 1 or 0)
    tm.yield()
  end
  check.equal(done, 1)
  check.equal(tostring(c), ("condition %d waiting"):format(first and 2 or 1))
  c:with(c.notify_all, c)
  for i = 2, 3 do check.equal({ jobs[i]:join(1000) }, { true, true }) end
  check.equal({ c:locked(), tostring(c) }, { false, "condition 0 waiting" })
end
