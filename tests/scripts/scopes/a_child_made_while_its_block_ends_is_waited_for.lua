local tm, check = require "tidemill", require "_helper"

local gate, scope, late = tm.channel(1), nil, nil
local other = tm.spawn(function()
  gate:recv()
  -- The last child has ended, and the task that waits for it has not run on.
  scope:spawn(function()
    tm.yield()
    late = true
    error("late", 0)
  end)
end)
local err = check.raises(function()
  tm.scope(function(opened)
    scope = opened
    opened:spawn(function() tm.yield() gate:send(1) end)
  end)
end)
check.equal({ late, err.kind, err.errors[1] }, { true, "group", "late" })
other:await()
