-- Jobs that wait outside are not in the order yet; all run once, however many submit.
-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 2, order = "priority", queue = 3 }
local ran = tm.atomic()
local n = check.times(200, 40)
tm.scope(function(scope)
  for submitter = 1, 4 do
    scope:spawn(function()
      for i = 1, n do
        pool:job { function() ran:add(1) end, priority = i * submitter % 5 }
        if i % 8 == 0 then
          pool:submit(function() pool:job { function() ran:add(1) end, priority = -1 }:await() end)
        end
        check.truthy(pool:stats().queued <= 3)
      end
    end)
  end
end)
pool:close()
check.equal(ran:get(), 4 * (n + n // 8))
check.equal(pool:stats().open, 0)
