local tm, check = require "tidemill", require "_helper"

local f = tm.freeze { 3, 1, 2, name = "n", inner = { 1 } }
check.raises(function() f.name = "m" end, "it_cannot_be_changed.lua:4: cannot change a frozen table %(field 'name'%)")
check.raises(function() f.new = 1 end, "field 'new'")
check.raises(function() f.name = nil end, "field 'name'")
check.raises(function() f[1] = 9 end, "index 1")
check.raises(function() f[9] = 9 end, "index 9")
check.raises(function() f[true] = 9 end, "cannot change a frozen table")
check.raises(function() f.inner[1] = 2 end, "index 1")
check.raises(function() rawset(f, "name", 1) end, "field 'name'")
check.raises(function() table.insert(f, 4) end, "index 4")
check.raises(function() table.remove(f) end, "frozen")
check.raises(function() table.sort(f) end, "frozen")
check.raises(function() setmetatable(f, {}) end, "protected")
check.equal({ f[1], f[2], f[3], #f, f.name, f.inner[1] }, { 3, 1, 2, 3, "n", 1 })

-- A view that went through the debug library breaks nothing but itself.
local metatable = debug.getmetatable(f)
check.raises(function() metatable.__len {} end, "frozen table expected")
check.raises(function() metatable.__pairs(5) end, "frozen table expected")
local cache = metatable.__index
check.raises(function() return debug.getmetatable(cache).__index({}, 1) end, "collected")
check.raises(function() debug.getmetatable(metatable[1]).__gc(f) end, "expected")
debug.getmetatable(metatable[1]).__gc(metatable[1])
check.raises(function() return #f end, "frozen")
check.raises(function() tm.channel(1):send(f) end, "frozen")
