local tm, check = require "tidemill", require "_helper"

local huge, nan = math.huge, 0 / 0
local limits = {
  u8 = { 0, 255, { -1, 256, 1e10, huge } },
  i32 = { -2 ^ 31 | 0, 2 ^ 31 - 1 | 0, { 2 ^ 31 | 0, -2 ^ 31 - 1, huge, -huge } },
  i64 = { math.mininteger, math.maxinteger, { 2 ^ 63, -2 ^ 63 - 2048, huge } },
}
for type, limit in pairs(limits) do
  local b = tm.buffer(2, type)
  b[1], b[2] = limit[1], limit[2]
  check.equal({ b[1], b[2] }, { limit[1], limit[2] })
  b[1] = 5
  for _, value in ipairs(limit[3]) do
    local pattern = "does not fit into " .. type
    check.raises(function() b[1] = value end, "refused.lua:%d+: .*" .. pattern)
    check.raises(function() b:fill(value) end, "bad argument #1 to 'fill' .*" .. pattern)
    check.raises(function() b:copy { value } end, "bad argument #1 to 'copy' %(value 1: .*" .. pattern)
    check.raises(function() tm.buffer({ 1, value }, type) end, "value 2: .*" .. pattern)
  end
  for _, value in ipairs { 0.5, nan, -1.5 } do
    check.raises(function() b[1] = value end, "is not a whole number, as " .. type .. " holds")
    check.raises(function() b:fill(value) end, "not a whole number")
    check.raises(function() b:add(1, value) end, "bad argument #2 to 'add' .*not a whole number")
    check.raises(function() b:copy(tm.buffer({ value }, "f64")) end, "value 1: .*not a whole number")
  end
  for _, value in ipairs { "1", true, {}, print } do
    check.raises(function() b[1] = value end, "number expected, got " .. _G.type(value))
    check.raises(function() b:fill(value) end, "number expected, got")
    check.raises(function() b:add(1, value) end, "number expected, got")
  end
  check.raises(function() b[1] = nil end, "number expected, got nil")
  check.equal(b[1], 5)
end

-- Floats round, and take everything.
local b = tm.buffer(4, "f32")
b[1], b[2], b[3], b[4] = 0.1, 1e300, nan, 2 ^ 24 + 1
check.equal({ b[1], b[2], b[4] }, { string.unpack("f", string.pack("f", 0.1)), huge, 2.0 ^ 24 })
check.truthy(b[3] ~= b[3])
local d = tm.buffer({ math.maxinteger, -0.0, nan }, "f64")
check.equal({ d[1], 1 / d[2], d[3] ~= d[3] }, { 2.0 ^ 63, -huge, true })
