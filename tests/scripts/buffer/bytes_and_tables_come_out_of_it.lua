local tm, check = require "tidemill", require "_helper"

local b = tm.buffer({ 1, 2, 3 }, "i32")
check.equal(b:tostring(), string.pack("=i4i4i4", 1, 2, 3))
check.equal({ b:tostring(2, 2), b:tostring(-1), b:tostring(4) }, { string.pack("=i4", 2), string.pack("=i4", 3), "" })
check.equal({ b:totable(), b:totable(2), b:totable(2, 1) }, { { 1, 2, 3 }, { 2, 3 }, {} })
check.equal(math.type(tm.buffer({ 1 }, "f32"):totable()[1]), "float")

for type, format in pairs { f64 = "d", f32 = "f", i64 = "j", i32 = "i4", u8 = "B" } do
  local original = tm.buffer({ 1, 0, 77 }, type)
  check.equal(string.unpack("=" .. format, original:tostring(3)), 77)
  check.equal(tm.buffer(original:tostring(), type):totable(), original:totable())
end
local text = ("all bytes \0\255 "):rep(3000)
check.equal(tm.buffer(text, "u8"):tostring(), text)
check.equal(tm.buffer(text, "u8"):slice(4, -7):tostring(), text:sub(4, -7))
check.equal(tostring(b), "buffer i32[3]")
