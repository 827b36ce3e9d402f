-- Also between tasks of one state: what the sender changes later does not reach the receiver.
local tm, check = require "tidemill", require "_helper"

local ch, item = tm.channel(1), { list = { 1, 2 } }
ch:send(item, item.list)
item.list[1] = "changed"
local copy, list = ch:recv()
check.equal(copy, { list = { 1, 2 } })
check.truthy(copy ~= item and copy.list ~= item.list)
check.truthy(copy.list == list, "what was shared is shared in the copy")

local receiver = tm.spawn(function() return ch:recv() end)
tm.yield()
ch:send(item)
item.list[2] = "changed too"
check.equal(receiver:await(), { list = { "changed", 2 } })
