local tm, check = require "tidemill", require "_helper"

local ch, nan = tm.channel(1), 0 / 0
check.raises(function() ch:recv(nan) end, "wrong_arguments_are_refused.lua:%d+:.*NaN")
check.raises(function() ch:send_timeout(nan, 1) end, "NaN")
check.raises(function() ch:recv "soon" end, "number")
check.raises(function() ch:send_timeout("soon", 1) end, "number")
check.raises(function() ch:send(nil) end, "nil")
check.raises(function() ch:send() end, "nil")
check.raises(function() ch:send(nil, 1) end, "nil")
check.raises(function() ch:try_send(nil) end, "nil")
check.raises(function() ch:send_timeout(1, nil) end, "nil")
check.raises(function() ch.send({}, 1) end, "channel")
check.raises(function() ch.recv(tm.mutex()) end, "channel")
check.raises(function() ch.recv() end, "channel")
for _, capacity in ipairs { -1, 1.5, nan, {}, true } do
  check.raises(function() tm.channel(capacity) end, "wrong_arguments_are_refused.lua:%d+:")
end
check.raises(function() tm.channel(1, {}) end, "string")
check.raises(function() tm.channel("jobs", 16) end, "#2 to 'channel' %(the capacity comes before the name%)")
check.equal(tm.channel("jobs", nil):capacity(), 0)
check.raises(function() ch.colour = 1 end)
check.equal(ch.nothing, nil)
check.equal(#ch, 0)
check.equal(ch:send_timeout(math.huge, false), true)
check.equal({ ch:recv(math.huge) }, { false })
