local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

local runs = tm.atomic()
local factor = 3
function scaled(n) return n * factor end

for _, kind in ipairs(ways.kinds) do
  runs:set(0)
  local pool <close> = tm.pool {
    kind = kind, workers = 3, name = "prepared",
    init = function()
      local tm = require "tidemill"
      tm.sleep(0.01)  -- jobs that come meanwhile wait
      tm.spawn(function() tm.sleep(0.005) ready = true end)  -- awaited
      cache = {}
      function remember(key) cache[key] = (cache[key] or 0) + 1 return cache[key] end
      times = scaled(1)
      tm.locals.of_init = true
      runs:add()
    end,
  }
  check.equal(runs:get(), 0)
  local jobs = {}
  for i = 1, 30 do
    jobs[i] = pool:submit(function(i)
      local tm = require "tidemill"
      assert(ready and tm.locals.of_init == nil)
      own = (own or 0) + i  -- of the job alone
      tm.sleep(0.001)
      return own, times, remember "all"
    end, i)
  end
  local seen = 0
  for i = 1, 30 do
    local own, times, n = jobs[i]:await()
    check.equal({ own, times }, { i, 3 })
    seen = math.max(seen, n)
  end
  check.truthy(seen >= 10)  -- what init has made all jobs of its worker share
  local count = runs:get()
  check.truthy(count >= 1 and count <= 3, count)
  ways.check_usable(pool)
  -- map's jobs see it too, and jobs with options.
  check.equal(pool:map(function(n) return n * times end, 4):collect(), { 3, 6, 9, 12 })
  check.equal(pool:job { function() return times end, timeout = 100, retries = 1 }:await(), 3)
  -- The time that init takes is not the job's.
  local slow <close> = tm.pool { kind = kind, workers = 1, init = function() require "tidemill".sleep(0.05) end }
  check.equal(slow:job { function() return "in time" end, timeout = 0.04 }:await(), "in time")
end
-- The script's own globals are as they were.
check.equal({ cache, remember, times, ready, own }, {})
check.equal(scaled(2), 6)

-- It is sent when the pool is made.
local file <close> = io.tmpfile()
local err = check.raises(function() tm.pool { init = function() return file end } end, "cannot send init: .*captures 'file'")
check.equal(err.kind, "transfer")
check.raises(function() tm.pool { init = 5 } end, "'init' must be a function")
