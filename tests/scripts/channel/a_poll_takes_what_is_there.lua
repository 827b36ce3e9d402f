local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
check.equal(ch:send_timeout(0, "a", 1), true)
check.equal({ ch:recv(0) }, { "a", 1 })
local sender = tm.spawn(function() ch:send "b" ch:send "c" ch:send "d" end)
tm.yield()
check.equal(ch:recv(-1), "b")
check.equal(ch:try_recv(), "c")
sender:await()
check.equal(ch:recv(0), "d")

local rendezvous = tm.channel()
local receiver = tm.spawn(function() return rendezvous:recv() end)
tm.yield()
check.equal(rendezvous:send_timeout(0, "e"), true)
check.equal(receiver:await(), "e")
