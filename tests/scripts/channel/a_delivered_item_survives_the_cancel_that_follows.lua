-- Value and cancel in one turn: the value wins, the next blocking call raises.
local tm, check = require "tidemill", require "_helper"

local ch, got = tm.channel(), nil
local receiver = tm.spawn(function()
  got = ch:recv()
  tm.yield()
  error "the cancel is raised by the next blocking call"
end)
tm.yield()
ch:send "delivered"
check.truthy(receiver:cancel())
local ok, err = receiver:join()
check.equal({ ok, err.kind }, { false, "cancelled" })
check.equal(got, "delivered")
check.equal(receiver:status(), "cancelled")

local sent
local sender = tm.spawn(function()
  sent = ch:send "taken"
  tm.yield()
  error "the cancel is raised by the next blocking call"
end)
tm.yield()
check.equal(ch:recv(), "taken")
sender:cancel()
check.equal(sender:join(), false)
check.equal(sent, true)
