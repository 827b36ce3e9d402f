-- Cancelling does not reach them, so the second time it is their own wait that is ended.
local tm, check = require "tidemill", require "_helper"

local err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(function() tm.shield(function() tm.channel():recv() end) end)
  end)
end)
check.equal(err:find "deadlock" ~= nil, true)
local me = tm.current()
err = check.raises(function()
  tm.scope(function(scope)
    scope:spawn(function() tm.shield(function() me:await() end) end)
    tm.yield()
  end)
end)
check.equal(err:find "deadlock" ~= nil, true)
check.equal(tm.scope(function() tm.yield() return "consistent" end), "consistent")
