local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

local function check_broken(err, cause, what)
  check.equal(err.kind, "broken", what .. ": " .. tostring(err))
  check.equal(err.cause, cause, what)
  check.truthy(tostring(err):find 'pool "crooked" is broken, because its init has failed', tostring(err))
end

for _, kind in ipairs(ways.kinds) do
  for _, queue in ipairs { math.huge, 1 } do
    for _, cause in ipairs { "words", { code = 3 }, 12, false } do
      local what = ("%s, queue %s"):format(kind, queue)
      local begun = tm.atomic()
      local pool <close> = tm.pool {
        kind = kind, workers = 2, queue = queue, name = "crooked",
        init = function()
          require "tidemill".sleep(0.005)
          begun:add()
          error(cause, 0)
        end,
      }
      local ran, jobs = tm.atomic(), {}
      local submitters = {}
      for i = 1, 6 do
        submitters[i] = tm.spawn(pcall, function() pool:submit(function() ran:add() end):await() end)
      end
      for i = 1, 6 do
        local ok, err = submitters[i]:await()
        check.equal(ok, false, what)
        check_broken(err, cause, what)
      end
      check.equal(ran:get(), 0)
      check.truthy(begun:get() <= 2)
      check_broken(check.raises(function() pool:submit(print) end), cause, what)
      check_broken(check.raises(function() pool:try_submit(print) end), cause, what)
      check_broken(check.raises(function() pool:job { print } end), cause, what)
      check_broken(check.raises(function() pool:map(print, 3):collect() end), cause, what)
      check.truthy(tostring(pool):find " broken$", tostring(pool))
      check.equal(pool:stats().broken, true)
    end
  end
end
local sound <close> = tm.pool { workers = 1, init = function() end }
check.equal(sound:submit(function() return 1 end):await(), 1)
check.equal(sound:stats().broken, false)

-- The job's traceback is that of init.
local pool <close> = tm.pool { workers = 1, init = function() local function helper() error "deep" end helper() end }
local job = pool:submit(print)
job:join()
check.truthy(tm.traceback(job):find 'in the init of pool "pool":.*breaks_the_pool.lua:%d+: in .*helper', tm.traceback(job))
