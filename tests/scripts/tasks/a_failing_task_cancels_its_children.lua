local tm, check = require "tidemill", require "_helper"

local ended
local task = tm.spawn(function()
  tm.spawn(function()
    local _ <close> = setmetatable({}, { __close = function() ended = true end })
    tm.sleep(60)
  end)
  tm.yield()
  error("parent", 0)
end)
check.equal({ task:join() }, { false, "parent" })
check.equal(ended, true)
