-- An error or nothing, never a crash.
local tm, check = require "tidemill", require "_helper"

local gc
tm.scope(function(scope)
  gc = debug.getmetatable(scope).__gc
  for _, wrong in ipairs { io.stdout, {}, 1, "x", tm.event(), tm.mutex(), print } do
    check.raises(function() gc(wrong) end, "scope expected")
  end
  check.raises(gc, "scope expected")
end)

local ended
tm.scope(function(scope) ended = scope end)
gc(ended)
gc(ended)
check.raises(function() ended:spawn(print) end, "the scope has ended")
