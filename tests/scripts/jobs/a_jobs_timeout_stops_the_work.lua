-- stderr~ .*
local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

local reached = tm.channel(math.huge)
local never, held = tm.channel(), tm.mutex()
tm.background(function() local _ <close> = held:lock() tm.sleep(1000) end)  -- not who waits for the jobs
tm.yield()

-- Where the job is when its time is up.
local points = {
  ["in a loop"] = function() while true do end end,
  ["in a loop of calls that are caught"] = function() while true do pcall(string.rep, "x", 10) end end,
  ["asleep"] = function() require "tidemill".sleep(1000) end,
  ["in a channel"] = function() never:recv() end,
  ["in a lock"] = function() held:lock() end,
  ["awaiting a child"] = function()
    local tm = require "tidemill"
    tm.spawn(tm.sleep, 1000):await()
  end,
  ["with a child that is left"] = function()
    local tm = require "tidemill"
    tm.spawn(tm.sleep, 1000)
  end,
  ["in a coroutine"] = function() coroutine.wrap(function() never:recv() end)() end,
  ["in a block of its own"] = function()
    local tm = require "tidemill"
    tm.timeout(1000, tm.sleep, 1000)
  end,
}

for _, kind in ipairs(ways.kinds) do
  local pool <close> = tm.pool { kind = kind, workers = 2, name = "slow" }
  for name, fn in pairs(points) do
    local cleaned = tm.atomic()
    local job = pool:job {
      function()
        local _ <close> = setmetatable({}, { __close = function() cleaned:add() end })
        fn()
      end,
      timeout = 0.03, name = "late",
    }
    local ok, err = job:join()
    check.equal(ok, false, name)
    check.equal(err.kind, "timeout", name .. ": " .. tostring(err))
    check.truthy(tostring(err):find '"late"', tostring(err))
    check.equal(cleaned:get(), 1, name)
    check.equal(job:status(), "failed")
  end
  -- It counts from the start, not from the call.
  local gate = tm.event()
  local waiting = pool:job { function() gate:wait() return "in time" end, timeout = 100 }
  gate:set()
  check.equal(waiting:await(), "in time")
  local jobs = {}
  for i = 1, 20 do
    jobs[i] = pool:job { function(i) require "tidemill".sleep(0.02) return i end, i, timeout = 10 }
  end
  for i = 1, 20 do check.equal(jobs[i]:await(), i) end
  -- No time: it is not begun.
  for _, seconds in ipairs { 0, -1, -math.huge } do
    local begun = tm.atomic()
    local ok, err = pool:job { function() begun:add() end, timeout = seconds }:join()
    check.equal(ok, false)
    check.equal(err.kind, "timeout")
    check.equal(begun:get(), 0)
  end
  check.equal(pool:job { function() return 1, nil, 3 end, timeout = math.huge }:await(), 1)
  -- What ends in time gives everything that it returns.
  check.equal(table.pack(pool:job { function(...) return ... end, 1, nil, n = 4, timeout = 100 }:await()), { n = 3, 1 })
  ways.check_usable(pool)
end
