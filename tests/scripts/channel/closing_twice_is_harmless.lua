local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
check.equal(ch:is_closed(), false)
ch:send(1)
ch:close()
ch:close()
check.equal(ch:is_closed(), true)
check.equal(ch:recv(), 1)
ch:close()
check.equal({ ch:recv() }, { nil, "closed" })
