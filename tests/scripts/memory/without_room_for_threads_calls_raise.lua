-- Where the system has no room for another thread: an error of the call that needs one, and no job
-- that waits in a queue for a worker that never comes.
-- shell: ulimit -v 300000; exec $TIDEMILL $SPEC
-- only: release debug
-- stderr~ cannot start a worker
local tm, check = require "tidemill", require "_helper"

local hold = {}
pcall(function()
  while true do hold[#hold + 1] = ("x"):rep(200000) .. #hold end
end)
for _ = 1, 5 do hold[#hold] = nil end
collectgarbage()
local pool = tm.pool { workers = 2 }
local outcomes = {
  { pcall(pool.submit, pool, print) },
  { pcall(pool.try_submit, pool, print) },
  { pcall(function() return tm.map(math.sqrt, 3):collect() end) },
  { pcall(tm.fs.read, "/proc/self/stat") },
  { pcall(tm.fs.stat, "/") },
}
local open = pool:stats().open
hold = nil
collectgarbage()
for i = 1, 3 do
  check.equal(outcomes[i][1], false, i)
  check.truthy(tostring(outcomes[i][2]):find "cannot start a worker", outcomes[i][2])
end
for i = 4, 5 do
  check.equal(outcomes[i][1], false, i)
  check.truthy(tostring(outcomes[i][2]):find "cannot start a file request", outcomes[i][2])
end
check.equal(open, 0)

-- With room again all of it works.
check.equal(pool:submit(function() return "started" end):await(), "started")
check.truthy(tm.fs.read "/proc/self/stat")
