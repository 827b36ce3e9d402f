local tm, check = require "tidemill", require "_helper"

for capacity = 0, 2 do
  local ch = tm.channel(capacity)
  for i = 1, 6 do
    tm.spawn(function() ch:send(i) end)
  end
  tm.yield()
  check.equal(ch:stats().senders_waiting, 6 - capacity)
  for i = 1, 6 do check.equal(ch:recv(), i) end
end
