local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local co = coroutine.create(print)
local task = tm.spawn(function() tm.sleep(0.005) return "first", co end)
local err = check.raises(function()
  pool:submit(function() return task:await() end):await()
end, "result 2: a coroutine")
check.equal(err.kind, "transfer")
check.truthy(select(2, task:await()) == co)
