local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe()
near:send(1, nil, 3, nil)
check.equal(table.pack(far:recv()), { 1, nil, 3, nil, n = 4 })
near:send(false)
check.equal(table.pack(far:recv()), { false, n = 1 })
local receiver = tm.spawn(function() return table.pack(far:recv()) end)
tm.yield()
near:send("waited for", nil)
check.equal(receiver:await(), { "waited for", nil, n = 2 })

local item = { name = "x" }
item.self = item
near:send(item, item)
item.name = "changed afterwards"
local first, second = far:recv()
check.equal({ first.name, first.self == first, first == second, first == item }, { "x", true, true, false })
local file <close> = io.tmpfile()
local err = check.raises(function() near:send(1, { file }) end, "nils.lua:%d+: cannot send argument 2%[1%]")
check.equal({ err.kind, far:poll() }, { "transfer", false })
