local tm, check = require "tidemill", require "_helper"

local function start(c, log)
  local tasks = {}
  for i = 1, 2 do
    tasks[i] = tm.spawn(function()
      local _ <close> = c:lock()
      local ok, err = pcall(c.wait, c)
      c:notify(0)  -- raises if the task does not hold the mutex, however the wait ended
      log[i] = ok and "notified" or err.kind
      if not ok then error(err) end
    end)
  end
  tm.yield()
  return tasks
end
local function finish(c, tasks, log)
  tasks[1]:join(1000)
  check.equal({ tasks[2]:join(1000) }, { true })
  check.equal({ log[1], log[2], tasks[1]:status() }, { "cancelled", "notified", "cancelled" })
  check.equal({ c:locked(), tostring(c) }, { false, "condition 0 waiting" })
end

-- still parked
local c, log = tm.condition(), {}
local tasks = start(c, log)
c:lock()
c:notify()
tasks[1]:cancel()
c:unlock()
finish(c, tasks, log)

-- at the mutex
c, log = tm.condition(), {}
tasks = start(c, log)
c:lock()
c:notify()
tm.yield()
tasks[1]:cancel()
tm.yield()
check.equal(log, {})
c:unlock()
finish(c, tasks, log)

-- cancelled before it was notified
c, log = tm.condition(), {}
tasks = start(c, log)
c:lock()
tasks[1]:cancel()
c:notify()
c:unlock()
finish(c, tasks, log)
