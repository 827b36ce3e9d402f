local tm, check = require "tidemill", require "_helper"

local here = "wrong_arguments_are_refused.lua:%d+: "
for _, capacity in ipairs { 0, -1, 1.5, 0 / 0 } do
  check.raises(function() tm.pipe { capacity = capacity } end, here .. "tm.pipe: capacity must be ")
end
check.raises(function() tm.pipe { capacity = 2 ^ 32 } end, here .. "tm.pipe: capacity must be at most")
check.raises(function() tm.pipe { duplex = 1 } end, here .. "tm.pipe: option 'duplex' must be a boolean")
check.raises(function() tm.pipe { name = {} } end, here .. "tm.pipe: option 'name' must be a string")
check.raises(function() tm.pipe { size = 1 } end, here .. "tm.pipe: unknown option 'size' %(known: capacity, duplex, name%)")
check.raises(function() tm.pipe(false) end, here .. "bad argument to tm.pipe")

local near, far = tm.pipe()
check.raises(function() near:send() end, here .. "bad argument #1 to 'send' %(the first value sent must not be nil")
check.raises(function() near:send(nil, 1) end, "must not be nil")
check.raises(function() near:recv(0 / 0) end, here .. ".*NaN")
check.raises(function() near:poll(0 / 0) end, here .. ".*NaN")
check.raises(function() near:recv "soon" end, "number")
for _, method in ipairs { "send", "recv", "poll", "close" } do
  check.raises(function() near[method](tm.queue(), 1) end, "pipe end expected, got queue", method)
  check.raises(function() near[method]() end, "pipe end expected", method)
end
check.raises(function() near.colour = 1 end)
check.equal({ far:poll(), near == far, near ~= far, getmetatable(near) }, { false, false, true, false })
