local tm, check = require "tidemill", require "_helper"

local a, b, full = tm.channel(4), tm.channel(4), tm.channel(1)
full:send "kept"
for i = 1, 4 do a:send(i) b:send(i) end
for i = 1, 8 do
  local key = tm.select { a, b, full:sending "never" }
  check.equal(#a + #b, 8 - i)
  check.truthy(key == 1 or key == 2)
end
check.equal({ tm.select({ a, b, full:sending "never" }, 0) }, { nil, "timeout" })
check.equal({ #full, full:recv() }, { 1, "kept" })
check.equal(full:stats().sent, 1)

-- Of two sends one happens.
local x, y = tm.channel(1), tm.channel(1)
tm.select { x:sending(1), y:sending(1) }
check.equal(#x + #y, 1)
