local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
ch:send "buffered"
local first = tm.spawn(function() ch:send "withdrawn" end)
local second = tm.spawn(function() ch:send "next" end)
tm.yield()
check.truthy(first:cancel())
check.equal(ch:stats().senders_waiting, 1)
local ok, err = first:join()
check.equal({ ok, err.kind }, { false, "cancelled" })
check.equal(ch:recv(), "buffered")
check.equal(ch:recv(), "next")
check.equal({ ch:try_recv() }, { nil, "empty" })
second:await()
check.equal(ch:stats().sent, 2)
