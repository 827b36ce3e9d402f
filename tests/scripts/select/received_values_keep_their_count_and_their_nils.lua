local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
ch:send(1, nil, 3, nil)
check.equal(table.pack(tm.select { ch }), { 1, 1, nil, 3, nil, n = 5 })
local task = tm.spawn(function() tm.yield() ch:send(false, nil) end)
check.equal(table.pack(tm.select { named = ch }), { "named", false, nil, n = 3 })
task:await()
