local tm, check = require "tidemill", require "_helper"

local ch = tm.channel()
local cases = {}
for i = 1, 5 do cases[i] = ch end
local before = tm.spawn(function() return ch:recv() end)
local selecting = tm.spawn(function() return select(2, tm.select(cases)) end)
local after = tm.spawn(function() return ch:recv() end)
tm.yield()
check.equal(ch:stats().receivers_waiting, 7)
for i = 1, 3 do ch:send(i) end
check.equal({ before:await(), selecting:await(), after:await() }, { 1, 2, 3 })
check.equal(ch:stats().receivers_waiting, 0)

-- Sending and receiving on one channel does not meet itself.
check.equal({ tm.select({ ch, ch:sending "own" }, 0) }, { nil, "timeout" })
check.equal({ tm.select({ ch, ch:sending "own" }, 0.001) }, { nil, "timeout" })
local both = tm.spawn(function() return tm.select { take = ch, give = ch:sending "given" } end)
tm.yield()
check.equal({ ch:stats().receivers_waiting, ch:stats().senders_waiting }, { 1, 1 })
check.equal(ch:recv(), "given")
check.equal(both:await(), "give")
both = tm.spawn(function() return tm.select { take = ch, give = ch:sending "given" } end)
tm.yield()
ch:send "taken"
check.equal({ both:await() }, { "take", "taken" })
check.equal({ ch:stats().receivers_waiting, ch:stats().senders_waiting }, { 0, 0 })
