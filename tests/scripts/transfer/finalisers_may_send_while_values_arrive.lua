-- The collector may run anywhere in a receive, and what it runs may send and receive itself.
local tm, check = require "tidemill", require "_helper"

local ch, other = tm.channel(1), tm.channel(4)
local function finaliser()
  other:try_send { 1, 2, 3, 4, 5, 6 }
  other:try_recv()
  other:try_send(("x"):rep(100), other)
  other:try_recv()
end
collectgarbage("incremental", 50, 1000, 4)
for i = 1, check.times(3000, 500) do
  setmetatable({}, { __gc = finaliser })
  ch:send { {} }
  local got = ch:recv()
  check.equal({ next(got) == 1, #got, type(got[1]) }, { true, 1, "table" })
  ch:send { i % 256, { { i } }, text = "some text" }
  check.equal(ch:recv(), { i % 256, { { i } }, text = "some text" })
end
