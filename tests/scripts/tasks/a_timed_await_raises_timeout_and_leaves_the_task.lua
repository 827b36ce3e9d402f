local tm, check = require "tidemill", require "_helper"

local gate = tm.channel()
local task = tm.spawn(function() return gate:recv() end)
for _, timeout in ipairs { 0, -1, 0.01 } do
  local err = check.raises(function() task:await(timeout) end)
  check.equal(err.kind, "timeout")
  check.equal({ task:join(timeout) }, { nil, "timeout" })
end
check.equal(task:status(), "waiting")
gate:send "still there"
check.equal(task:await(60), "still there")
check.equal(task:await(0), "still there")
check.equal({ task:join(0) }, { true, "still there" })
check.equal(task:await(math.huge), "still there")
check.raises(function() task:await(0 / 0) end, "NaN")
check.raises(function() task:join(0 / 0) end, "NaN")
check.raises(function() task.await() end, "task expected")
