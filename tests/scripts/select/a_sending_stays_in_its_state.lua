-- It describes a send for this state's select; the channel in it is what travels.
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
local err = check.raises(function() ch:send { ch:sending(1) } end, "cannot send argument 1%[1%]")
check.equal(err.kind, "transfer")
check.equal(getmetatable(ch:sending(1)), false)
local many = {}
for i = 1, 1000 do many[i] = i end
check.equal({ tm.select { ch:sending(table.unpack(many)) } }, { 1, true })
check.equal({ ch:recv() }, many)
