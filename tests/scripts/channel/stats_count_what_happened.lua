local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(3)
for i = 1, 3 do ch:send(i) end
ch:recv()
check.equal(ch:stats(), { length = 2, capacity = 3, peak = 3, sent = 3, received = 1,
  senders_waiting = 0, receivers_waiting = 0 })
ch:recv()
ch:recv()
tm.spawn(function() ch:recv() end)
tm.yield()
check.equal(ch:stats().receivers_waiting, 1)
ch:send "handed over"
check.equal(ch:stats(), { length = 0, capacity = 3, peak = 3, sent = 4, received = 4,
  senders_waiting = 0, receivers_waiting = 0 })
check.equal(tm.channel(math.huge):stats().capacity, math.huge)
