local tm, check = require "tidemill", require "_helper"

local function work(name)
  tm.locals.name = name
  for _ = 1, 3 do
    tm.yield()
    check.equal(tm.locals.name, name)
  end
  -- In the script's own coroutines it is the task's as well.
  check.equal(coroutine.wrap(function() tm.yield() return tm.locals.name end)(), name)
  tm.scope(function() check.equal(tm.locals.name, name) end)
end
tm.all { function() work("a") end, function() work("b") end }
check.equal(tm.locals.name, nil)

check.raises(function() tm.locals[nil] = 1 end, "nil")
check.raises(function() tm.locals[0 / 0] = 1 end, "NaN")
check.equal(getmetatable(tm.locals), false)
