local tm, check = require "tidemill", require "_helper"

local a, b, c = tm.channel(), tm.channel(), tm.channel()
local first = tm.spawn(function() return b:recv() end)
local selecting = tm.spawn(function() return tm.select { a, b, c:sending "never" } end)
local last = tm.spawn(function() return b:recv() end)
tm.yield()
a:send "a"
-- Not yet run on, but out of the line: what is sent to b goes past it.
b:send "first"
b:send "last"
check.equal({ selecting:await() }, { 1, "a" })
check.equal({ first:await(), last:await() }, { "first", "last" })
check.equal({ b:try_recv() }, { nil, "empty" })
check.equal({ c:try_recv() }, { nil, "empty" })
for _, ch in ipairs { a, b, c } do
  check.equal({ ch:stats().receivers_waiting, ch:stats().senders_waiting }, { 0, 0 })
end
