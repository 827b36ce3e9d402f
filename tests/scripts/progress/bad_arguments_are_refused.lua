local tm, check = require "tidemill", require "_helper"

check.raises(function() tm.progress(-1) end, "tm.progress: total must be a whole number of at least 0, not %-1")
check.raises(function() tm.progress(1.5) end, "total must be a whole number")
check.raises(function() tm.progress(0 / 0) end, "total must be a whole number")
check.raises(function() tm.progress("10") end, "total must be a whole number of at least 0, not a string")
check.raises(function() tm.progress(1, 2) end, "bad argument #2 to 'progress' %(string expected, got number%)")
check.raises(function() tm.progress(1, "a\0b") end, "zero byte")

local bar = tm.progress(10)
for _, method in ipairs { "add", "set", "total" } do
  check.raises(function() bar[method](bar, -1) end, "must not be negative")
  check.raises(function() bar[method](bar, 0 / 0) end, "no integer representation")
  check.raises(function() bar[method](bar, 0.5) end, "no integer representation")
  check.raises(function() bar[method](bar, "1") end, "number expected, got string")
  check.raises(function() bar[method](tm.latch(1), 1) end, "progress bar expected, got latch")
end
check.raises(function() bar:set() end, "number expected, got no value")
check.raises(function() bar:total() end, "value expected")
check.raises(function() bar:wrap(5) end, "bad argument #1 to 'wrap' %(list or iterator expected, got number%)")
check.raises(function() bar.wrap({}, {}) end, "calling 'wrap' on bad self %(progress bar expected, got table%)")
check.equal({ bar:count() }, { 0, 10 })
bar:set(math.maxinteger)
check.raises(function() bar:add(1) end, "would be too large")
check.equal(bar:count(), math.maxinteger)
