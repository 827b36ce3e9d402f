local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local ran = 0
local task = tm.spawn(function()
  for _ = 1, 2 do
    tm.spawn(function()
      tm.spawn(function()
        local _ <close> = setmetatable({}, { __close = function() ran = ran + 1 end })
        tm.sleep(60)
      end)
      tm.sleep(60)
    end)
  end
  tm.sleep(60)
end)
for _ = 1, 4 do tm.yield() end
task:cancel()
check.equal(task:join(1000), false)
check.equal(ran, 2)
local job = pool:submit(function()
  tm.spawn(tm.sleep, 60)
  pool:submit(tm.sleep, 60)
  tm.sleep(60)
end)
tm.sleep(0.01)
job:cancel()
local ok, err = job:join(1000)
check.equal({ ok, err.kind }, { false, "cancelled" })
