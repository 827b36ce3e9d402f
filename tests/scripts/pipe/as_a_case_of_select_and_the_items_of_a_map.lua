local tm, check = require "tidemill", require "_helper"

local ends, others = {}, {}
for i = 1, 3 do ends[i], others[i] = tm.pipe() end
check.equal({ tm.select(ends, 0) }, { nil, "timeout" })
others[2]:send("two", 2)
check.equal({ tm.select(ends) }, { 2, "two", 2 })
local waiting = tm.spawn(tm.select, ends)
tm.yield()
others[3]:send(false)
check.equal({ waiting:await() }, { 3, false })

-- One by one, until all are at their end.
for i = 1, 3 do
  others[i]:send(i)
  others[i]:close()
end
local open, sum = { table.unpack(ends) }, 0
while next(open) do
  local key, value = tm.select(open)
  if value then sum = sum + value else open[key] = nil end
end
check.equal(sum, 6)

local from, to = tm.pipe { duplex = false }
check.raises(function() tm.select { ends[1], [7] = to } end, "case 7 only sends")
local producer = tm.spawn(function()
  for i = 1, 100 do to:send(i) end
  to:close()
end)
local squares = tm.map(function(n) return n * n end, from):collect()
check.equal({ #squares, squares[100] }, { 100, 10000 })
producer:await()
