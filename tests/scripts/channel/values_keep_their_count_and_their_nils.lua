local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(4)
ch:send(1, nil, 3, nil, nil)
local got = table.pack(ch:recv())
check.equal(got, { 1, nil, 3, n = 5 })

ch:send("a", nil)
for a, b, c in ch do
  check.equal({ a, b, c }, { "a" })
  break
end

local many = {}
for i = 1, 1000 do many[i] = i end
ch:send(table.unpack(many, 1, 1000))
check.equal(table.pack(ch:recv()).n, 1000)

ch:send(false, nil)
local packed = table.pack(ch:try_recv())
check.equal(packed, { false, n = 2 })
