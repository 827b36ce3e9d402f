local tm, check = require "tidemill", require "_helper"

for _, type in ipairs { "f64", "f32", "i64", "i32", "u8" } do
  local b = tm.buffer(3, type)
  local kind = type:find "f" and "float" or "integer"
  check.equal({ b[1], b[2], b[3], #b, b:type() }, { 0, 0, 0, 3, type })
  b[1], b[2], b[3.0] = 7, 8.0, 9
  check.equal({ b[1], b[2], b[3], b[1.0] }, { 7, 8, 9, 7 })
  check.equal(math.type(b[1]), kind)
  for _, index in ipairs { 0, 4, -1, math.maxinteger, math.mininteger } do
    local pattern = "bounds_checked.lua:%d+: index " ..
      tostring(index):gsub("-", "%%-") .. " out of range %(buffer has 3 elements%)$"
    check.raises(function() return b[index] end, pattern)
    check.raises(function() b[index] = 1 end, pattern)
    check.raises(function() b:add(index, 1) end, "bad argument #1 to 'add' %(index")
  end
  for _, index in ipairs { 1.5, 0 / 0, math.huge, 2 ^ 63, true, {}, print } do
    check.raises(function() return b[index] end, "index must be a whole number, not")
    check.raises(function() b[index] = 1 end, "index must be a whole number, not")
  end
  check.raises(function() return b[nil] end, "whole number, not nil")
  check.raises(function() b["1"] = 1 end, "whole number, not 1")
  check.raises(function() b.name = 1 end, "whole number, not name")
  check.equal({ b["1"], b.name }, {})
  check.equal(b:sum(), 24)
end
check.raises(function() return tm.buffer(1, "u8")[2] end, "buffer has 1 element%)")
check.raises(function() return tm.buffer(0, "u8")[1] end, "buffer has 0 elements%)")
check.raises(function() return tm.buffer(1, "u8"):no_such_method() end, "no_such_method")
