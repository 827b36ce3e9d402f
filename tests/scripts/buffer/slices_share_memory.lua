local tm, check = require "tidemill", require "_helper"

local b = tm.buffer({ 1, 2, 3, 4, 5, 6 }, "i32")
local s = b:slice(2, 5)
check.equal({ s:totable(), #s, tostring(s), s:bytes() }, { { 2, 3, 4, 5 }, 4, "buffer i32[4]", 16 })
s[1] = 20
b[3] = 30
check.equal({ b[2], s[2] }, { 20, 30 })
check.raises(function() return s[5] end, "buffer has 4 elements")
check.raises(function() s[0] = 1 end, "out of range")
check.equal(s:slice(2):slice(2, 3):totable(), { 4, 5 })

-- Ends as in string.sub
check.equal({ b:slice(-2):totable(), b:slice(-3, -2):totable(), b:slice(3, -1):sum(), b:slice():sum() },
  { { 5, 6 }, { 4, 5 }, 45, 66 })
check.equal({ #b:slice(7), #b:slice(1, 0), #b:slice(5, 2), #b:slice(-1, 1) }, { 0, 0, 0, 0 })
for _, range in ipairs { { 0 }, { 8 }, { -7 }, { 1, 7 }, { 1, -8 }, { math.maxinteger }, { math.mininteger, 1 },
                         { 1, math.maxinteger }, { 1, math.mininteger } } do
  for _, method in ipairs { "slice", "sum", "min", "max", "tostring", "totable" } do
    check.raises(function() b[method](b, range[1], range[2]) end, "slices_share_memory.lua:%d+.*out of range")
  end
end
check.raises(function() b:slice(1.5) end, "integer")
check.raises(function() b:slice("x") end, "number")

-- A slice keeps the memory; each is a value of its own.
check.truthy(s ~= b:slice(2, 5) and s == s)
b = nil
collectgarbage()
collectgarbage()
check.equal(s:totable(), { 20, 30, 4, 5 })
