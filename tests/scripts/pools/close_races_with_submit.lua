-- repeat: 20
-- Every submit either gives a job that runs or raises closed, and close always returns.
local tm, check = require "tidemill", require "_helper"

for _ = 1, 10 do
  local pool, ran = tm.pool { workers = 2, queue = 2 }, tm.channel(math.huge)
  local helpers <close> = tm.pool { workers = 2 }
  local function submit_until_closed()
    local accepted = 0
    while pcall(pool.submit, pool, function() ran:send(1) end) do accepted = accepted + 1 end
    return accepted
  end
  local a, b = helpers:submit(submit_until_closed), helpers:submit(submit_until_closed)
  tm.sleep(0.001)
  local cancelled = pool:submit(tm.sleep, 60)
  cancelled:cancel()
  pool:close()
  check.equal(#ran, a:await() + b:await())
end
