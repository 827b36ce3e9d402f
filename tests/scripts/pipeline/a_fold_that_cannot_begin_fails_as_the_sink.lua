local tm, check = require "tidemill", require "_helper"

local mine = { code = 1 }
local err = check.raises(function()
  tm.pipeline():source(3):fold("count", function() error(mine) end, function(acc) return acc end):run()
end, 'sink "count": ')
check.equal({ err.kind, err.stage, err.index, err.error == mine }, { "stage", "count", nil, true })

-- And has with it what else fails then.
err = check.raises(function()
  tm.pipeline():source(3):fold("count", function()
    tm.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() error("too", 0) end })
      tm.sleep(1000)
    end)
    tm.yield()
    error("first", 0)
  end, function(acc) return acc end):run()
end)
check.equal({ err.message, err.others.n, err.others[1] }, { 'sink "count": first', 1, "too" })
