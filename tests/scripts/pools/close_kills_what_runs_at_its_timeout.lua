-- Not catchable, also in a shield; <close> still runs; whatever the grace period is.
-- stderr~ goes on although it was cancelled, and is killed
local tm, check = require "tidemill", require "_helper"

tm.grace(3600)
local pool = tm.pool { workers = 3 }
local entered, closed, after = tm.channel(math.huge), tm.atomic(), tm.atomic()
local function guard()
  return setmetatable({}, { __close = function() closed:add(1) end })
end
local jobs = {
  pool:submit(function()                            -- catches every error
    local _ <close> = guard()
    entered:send(1)
    while true do pcall(tm.sleep, 60) end
  end),
  pool:submit(function()                            -- a loop that catches
    local _ <close> = guard()
    entered:send(1)
    while true do pcall(function() while true do end end) end
  end),
  pool:submit(function()                            -- waits in a shield
    local _ <close> = guard()
    entered:send(1)
    tm.shield(function() tm.sleep(60) end)
    after:add(1)
  end),
  pool:submit(function()                            -- its children do
    local _ <close> = guard()
    tm.spawn(function()
      local _ <close> = guard()
      entered:send(1)
      tm.shield(function() tm.sleep(60) end)
    end)
    tm.scope(function(scope)
      scope:spawn(function() tm.shield(function() tm.sleep(60) end) end)
    end)
  end),
}
for _ = 1, 4 do entered:recv() end
local began = tm.now()
pool:close { cancel = true, timeout = 0.05 }
check.truthy(tm.now() - began >= 0.05)
check.truthy(tm.now() - began < 30)
for _, job in ipairs(jobs) do check.equal(job:status(), "cancelled") end
check.equal({ closed:get(), after:get() }, { 5, 0 })
