local tm, check = require "tidemill", require "_helper"

for _, size in ipairs { -1, 0.5, 0 / 0, math.huge, -math.huge, math.mininteger } do
  check.raises(function() tm.buffer(size, "f64") end, "cannot_be_are_refused.lua:%d+: .*size must be a whole")
end
for _, size in ipairs { math.maxinteger, 2 ^ 62, 1e300 } do
  check.raises(function() tm.buffer(size, "f64") end, "size is larger than any memory")
end
check.raises(function() tm.buffer(1 << 55, "f64") end, "not enough memory for a buffer of %d+ bytes")
for _, type in ipairs { "f16", "", "F64", "u8 " } do
  check.raises(function() tm.buffer(1, type) end, "must be 'f64', 'f32', 'i64', 'i32' or 'u8', not '" .. type)
end
check.raises(function() tm.buffer(1) end, "#2")
check.raises(function() tm.buffer(1, 64) end, "#2")
for _, source in ipairs { true, print, tm.event() } do
  check.raises(function() tm.buffer(source, "u8") end, "number, table, string or buffer expected")
end
check.raises(function() tm.buffer(nil, "u8") end, "number, table, string or buffer expected")
check.raises(function() tm.buffer(setmetatable({}, { __len = function() return -1 end }), "u8") end, "length")
check.raises(function() tm.buffer(setmetatable({}, { __len = function() return math.maxinteger end }), "u8") end,
  "length")
check.raises(function() tm.buffer(setmetatable({}, { __len = function() return 1 << 60 end }), "f64") end,
  "larger than any memory")

local empty = tm.buffer(0, "f64")
check.equal({ #empty, empty:sum(), empty:min(), empty:tostring() }, { 0, 0.0, nil, "" })
check.equal({ tm.buffer(2.0, "f64"):bytes(), tm.buffer({}, "i32"):bytes(), tm.buffer(3, "i32"):bytes() }, { 16, 0, 12 })
