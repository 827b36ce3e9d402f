local tm, check = require "tidemill", require "_helper"

local b = tm.buffer(1, "f64")
for _, method in ipairs { "add", "slice", "type", "bytes", "copy", "fill", "sum", "min", "max", "tostring", "totable" } do
  check.truthy(type(b[method]) == "function", method)
  for _, no_buffer in ipairs { 1, "x", {}, tm.event(), io.stdout } do
    check.raises(function() b[method](no_buffer, 1, 1) end, "methods_check.*buffer expected", method)
  end
  check.raises(function() b[method]() end, "buffer expected", method)
end
check.equal(getmetatable(b), false)
check.equal({ b:add(1, 2), b:add(1, 0.5), b[1] }, { 2.0, 2.5, 2.5 })

-- i64 wraps around as in Lua, the smaller ones refuse.
local i64, u8 = tm.buffer({ math.maxinteger }, "i64"), tm.buffer({ 250 }, "u8")
check.equal({ i64:add(1, 1), u8:add(1, 5.0), u8:add(1, -255) }, { math.mininteger, 255, 0 })
check.raises(function() u8:add(1, -1) end, "%-1 does not fit into u8")
check.raises(function() u8:add(1, math.maxinteger) end, "does not fit into u8")
check.raises(function() u8:add(1) end, "number expected, got no value")
check.equal(u8[1], 0)
