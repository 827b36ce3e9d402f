-- Between the send and the receiver's next step a third task gets nothing.
local tm, check = require "tidemill", require "_helper"

for capacity = 0, 1 do
  local ch = tm.channel(capacity)
  local receiver = tm.spawn(function() return ch:recv() end)
  tm.yield()
  ch:send "for the waiter"
  check.equal({ ch:try_recv() }, { nil, "empty" })
  check.equal({ ch:recv(0) }, { nil, "timeout" })
  check.equal(receiver:status(), "waiting")
  check.equal(receiver:await(), "for the waiter")
end
