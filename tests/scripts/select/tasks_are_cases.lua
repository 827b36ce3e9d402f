-- Of a task that ends the key and the task are returned, whatever became of it; that observes it.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local never = tm.channel()
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  local good = start(function() return 1, nil end)
  check.equal({ tm.select { never, good } }, { 2, good })
  check.equal({ tm.select { never, good } }, { 2, good })
  check.equal(table.pack(good:await()), table.pack(1, nil))
  local bad = start(function() error("broken", 0) end)
  check.equal({ tm.select { failed = bad, never } }, { "failed", bad })
  check.equal({ bad:join() }, { false, "broken" })
  local finished = start(tm.now)
  while not finished:done() do tm.select({ never }, 0.001) end
  check.equal({ tm.select({ finished }, 0) }, { 1, finished })
end
local sleeper = tm.spawn(tm.sleep, 60)
local waiting = tm.spawn(tm.select, { never, sleeper })
tm.yield()
sleeper:cancel()
check.equal({ waiting:await() }, { 2, sleeper })
check.equal(never:stats().receivers_waiting, 0)
