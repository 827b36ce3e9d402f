-- What a constructor would ignore is an error that names it.
local tm, check = require "tidemill", require "_helper"

for _, name in ipairs { "dict", "event", "rwlock", "once", "future" } do
  local pattern = "superfluous_arguments_of_constructors.lua:%d+: tm." .. name .. " takes no arguments"
  for _, argument in ipairs { {}, 1, "x", print, false } do
    check.raises(function() local _ = tm[name](argument) end, pattern)
  end
  check.truthy(tm[name]())
  check.truthy(tm[name](nil))
end
for _, name in ipairs { "latch", "limiter", "atomic" } do
  local pattern = "superfluous_arguments_of_constructors.lua:%d+: tm." .. name .. " takes only one argument"
  check.raises(function() local _ = tm[name](1, {}) end, pattern)
  check.truthy(tm[name](1))
  check.truthy(tm[name](1, nil))
end
check.raises(function() local _ = tm.condition(tm.mutex(), 1) end, "tm.condition takes only one argument")
