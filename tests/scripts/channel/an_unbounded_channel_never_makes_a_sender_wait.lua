local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(math.huge)
for i = 1, 100000 do check.truthy(ch:try_send(i)) end
check.equal(#ch, 100000)
ch:close()
local expected = 0
for value in ch do
  expected = expected + 1
  check.equal(value, expected)
end
check.equal(expected, 100000)
