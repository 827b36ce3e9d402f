-- Capacity 0: a send ends when its value is received, not before.
local tm, check = require "tidemill", require "_helper"

local ch, log = tm.channel(), {}
check.equal({ ch:try_send(1) }, { nil, "full" })
check.equal({ ch:try_recv() }, { nil, "empty" })

local sender = tm.spawn(function()
  log[#log + 1] = "sending"
  ch:send "x"
  log[#log + 1] = "sent"
end)
tm.yield()
tm.yield()
check.equal(log, { "sending" })
check.equal(#ch, 0)
check.equal(ch:recv(), "x")
sender:await()
check.equal(log, { "sending", "sent" })

local receiver = tm.spawn(function() return ch:recv() end)
tm.yield()
check.truthy(ch:try_send "y")
check.equal(receiver:await(), "y")
