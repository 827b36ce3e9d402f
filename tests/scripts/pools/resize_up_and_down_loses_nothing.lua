-- repeat: 3
local tm, check = require "tidemill", require "_helper"

for _, order in ipairs { "fifo", "priority" } do
  local pool = tm.pool { workers = 2, queue = 5, order = order }
  local ran, running, most = tm.atomic(), tm.atomic(), tm.atomic()
  local submitted, stop = 0, false
  local function job(i)
    most:max(running:add(1))
    if i % 3 == 0 then tm.yield() end
    if i % 11 == 0 then tm.sleep(0.001) end
    if i % 17 == 0 then pool:submit(function() ran:add(1) end) end
    running:sub(1)
    ran:add(1)
  end
  tm.scope(function(scope)
    for _ = 1, 4 do
      scope:spawn(function()
        while not stop do
          submitted = submitted + 1
          local i = submitted
          pool:submit(job, i)
          if i % 17 == 0 then submitted = submitted + 1 end
        end
      end)
    end
    for i = 1, check.times(200, 60) do
      pool:resize(1 + i * 7 % 5)
      check.equal(pool:stats().workers, 1 + i * 7 % 5)
      tm.sleep(0.0005)
    end
    stop = true
  end)
  pool:close()
  local stats = pool:stats()
  check.equal(ran:get(), stats.completed)
  check.equal(stats.open, 0)
  check.truthy(stats.started <= 5)
end
