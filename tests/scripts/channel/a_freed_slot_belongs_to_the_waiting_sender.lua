local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
ch:send "first"
local sender = tm.spawn(function() ch:send "second" end)
tm.yield()
check.equal(ch:recv(), "first")
check.equal({ ch:try_send "third" }, { nil, "full" })
check.equal({ ch:send_timeout(0, "third") }, { nil, "timeout" })
check.equal(#ch, 1)
sender:await()
check.equal(ch:recv(), "second")
check.equal({ ch:try_recv() }, { nil, "empty" })
