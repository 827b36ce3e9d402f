local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
ch:send "kept"
local senders = {}
for i = 1, 3 do
  senders[i] = tm.spawn(function()
    local ok, err = pcall(ch.send, ch, "lost " .. i)
    return ok, err.kind
  end)
end
tm.yield()
check.equal(ch:stats().senders_waiting, 3)
ch:close()
for i = 1, 3 do check.equal({ senders[i]:await() }, { false, "closed" }) end
-- What had not been taken when the channel closed was never sent.
check.equal(ch:recv(), "kept")
check.equal({ ch:recv() }, { nil, "closed" })
check.equal(ch:stats().sent, 1)
