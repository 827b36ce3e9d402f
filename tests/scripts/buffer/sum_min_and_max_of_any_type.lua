local tm, check = require "tidemill", require "_helper"

local b = tm.buffer({ 3, -1, 4, 1 }, "i32")
check.equal({ b:sum(), b:min(), b:max(), b:sum(2, 3), b:min(3), b:max(-1) }, { 7, -1, 4, 3, 1, 1 })
check.equal(math.type(b:sum()), "integer")
check.equal({ b:sum(5), b:min(5), b:max(5) }, { 0 })
check.equal(math.type(b:sum(5)), "integer")

local floats = tm.buffer({ 0.5, -2.25 }, "f32")
check.equal({ floats:sum(), floats:min(), floats:max() }, { -1.75, -2.25, 0.5 })
check.equal({ math.type(floats:sum()), math.type(floats:sum(3)) }, { "float", "float" })

-- Integers are exact, and wrap around as in Lua.
local i64 = tm.buffer({ math.maxinteger, 1, 2 ^ 53 | 1 }, "i64")
check.equal({ i64:sum(1, 2), i64:sum() }, { math.mininteger, math.mininteger + (2 ^ 53 | 1) })
check.equal(tm.buffer(100000, "i32"):fill(2 ^ 31 - 1 | 0):sum(), 100000 * (2 ^ 31 - 1 | 0))
check.equal(tm.buffer(100000, "u8"):fill(255):sum(), 25500000)

-- Floats are added pairwise: one after another the error would be a thousand times that.
check.truthy(math.abs(tm.buffer(1000000, "f64"):fill(0.1):sum() - 100000) < 1e-9)
check.truthy(math.abs(tm.buffer(1000000, "f32"):fill(0.5):sum() - 500000) == 0)

-- NaN is not hidden.
local with_nan = tm.buffer({ 1, 0 / 0, 3 }, "f64")
for _, value in ipairs { with_nan:sum(), with_nan:min(), with_nan:max() } do check.truthy(value ~= value) end
check.equal({ with_nan:min(3), with_nan:max(1, 1) }, { 3.0, 1.0 })
check.equal(tm.buffer({ 1, math.huge, -math.huge }, "f64"):min(), -math.huge)
