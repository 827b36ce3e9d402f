-- shell: ulimit -n 20; exec $TIDEMILL $SPEC
-- only: release debug tsan
-- stderr~ cannot start a worker
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 2 }
local files = {}
repeat files[#files + 1] = io.open "/dev/null" until #files > 30 or not io.open "/dev/null"
check.raises(function() pool:submit(print) end, "cannot start a worker")
check.raises(function() pool:try_submit(print) end, "cannot start a worker")
check.equal(pool:stats().open, 0)
for _, file in ipairs(files) do file:close() end
collectgarbage()
check.equal(pool:submit(function() return "started" end):await(), "started")
pool:close()
