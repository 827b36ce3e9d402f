local tm, check = require "tidemill", require "_helper"

local err = check.raises(function()
  tm.timeout(0.1, function()
    tm.timeout(0.02, function() end)
    tm.sleep(0.05)  -- past the inner one's moment
    while true do end
  end)
end)
check.equal(err.kind, "timeout")
