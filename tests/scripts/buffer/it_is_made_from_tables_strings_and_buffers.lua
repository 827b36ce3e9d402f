local tm, check = require "tidemill", require "_helper"

check.equal(tm.buffer({ 1, 2.5, 3 }, "f64"):totable(), { 1, 2.5, 3 })
check.equal(tm.buffer("abc", "u8"):totable(), { 97, 98, 99 })
check.equal(tm.buffer(string.pack("=i4i4", 7, -7), "i32"):totable(), { 7, -7 })
check.equal(#tm.buffer("", "f64"), 0)
check.raises(function() tm.buffer("abc", "i32") end, "3 bytes are no whole number of elements of 4 bytes")

local original = tm.buffer({ 1, 2, 300 }, "i64")
local copy = tm.buffer(original, "f32")
original[1] = 9
check.equal({ copy:totable(), copy:type() }, { { 1, 2, 300 }, "f32" })
check.raises(function() tm.buffer(original, "u8") end, "bad argument #1 to '[%w.]*buffer' %(value 3: 300 does not fit")
check.raises(function() tm.buffer({ 1, "2" }, "u8") end, "value 2: number expected, got string")
check.raises(function() tm.buffer({ 1, nil, 3 }, "u8") end, "value 2: number expected, got nil")

-- What pretends to be a table of numbers is one; an error of its own passes.
local squares = setmetatable({}, { __len = function() return 4 end, __index = function(_, i) return i * i end })
check.equal(tm.buffer(squares, "i32"):totable(), { 1, 4, 9, 16 })
local bad = setmetatable({}, { __len = function() return 1 end, __index = function() error "mine" end })
check.raises(function() tm.buffer(bad, "i32") end, "mine")
