-- stderr: empty
local tm, check = require "tidemill", require "_helper"

local failing = tm.spawn(error, "one")
check.equal({ failing:join() }, { false, "one" })
local awaited = tm.spawn(function() tm.sleep(0.01) error("two", 0) end)
check.raises(function() awaited:await() end, "two")
local pool <close> = tm.pool { workers = 1 }
check.equal({ pool:submit(error, "three"):join() }, { false, "three" })
local cancelled = tm.spawn(tm.sleep, 60)
tm.yield()
cancelled:cancel()
