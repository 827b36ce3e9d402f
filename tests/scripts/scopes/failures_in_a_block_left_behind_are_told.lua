-- stderr~ failed and nobody waits for it: .*early
-- stderr~ failed and nobody waits for it: .*late
local tm = require "tidemill"

local co = coroutine.create(function()
  tm.scope(function(scope)
    scope:spawn(function()
      local _ <close> = setmetatable({}, { __close = function() error "late" end })
      tm.sleep(60)
    end)
    scope:spawn(function() error "early" end)
    tm.shield(tm.yield)
    coroutine.yield()
  end)
end)
coroutine.resume(co)
coroutine.close(co)
tm.yield()
