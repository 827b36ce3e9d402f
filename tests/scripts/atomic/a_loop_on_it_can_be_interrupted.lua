-- Its operations do not count as calls that might wait, or a loop that only looks would go on for ever.
local tm, check = require "tidemill", require "_helper"

local flag, seen = tm.atomic(), tm.dict()
check.raises(function()
  tm.timeout(0.05, function()
    while flag:get() == 0 and not seen:get "flag" do end
  end)
end, "not done after")
