local tm, check = require "tidemill", require "_helper"

local left, right = tm.channel "left", tm.channel "right"
local function waits_for(cases) return check.raises(function() tm.select(cases) end, "deadlock").message end
check.truthy(waits_for { left }:find('the one case of select (channel "left") at ', 1, true))
local pair <const> = tm.pipe { name = "p" }
check.truthy(waits_for { right:sending(1), tm.event(), tm.queue { name = "q" }, pair, tm.channel() }:find(
  'one of 5 cases of select (sending on channel "right", an event, queue "q", pipe "p", a channel) at ', 1, true))
local forever = tm.background(function() left:recv() end)
check.truthy(waits_for { done = forever }:find("(" .. tostring(forever):match "^task #%d+", 1, true))

local many = {}
for i = 1, 9 do many[i] = tm.channel("c" .. i) end
check.truthy(waits_for(many):find('one of 9 cases of select (channel "c1", ', 1, true))
check.truthy(tm.why(tm.current()))
