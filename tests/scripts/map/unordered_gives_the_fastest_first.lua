-- With ordered = false a result comes when it is there, with the number of its item.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local gate = tm.event()
local order = {}
for index, value, extra in pool:map(function(n)
  if n == 1 then gate:wait() end
  return n * 10, nil, n
end, 8, { ordered = false, chunk = 1 }) do
  check.equal({ value, extra }, { index * 10 })
  order[#order + 1] = index
  if #order == 7 then gate:set() end
end
check.equal(order[8], 1, "the slow one is the last")
table.sort(order)
check.equal(order, { 1, 2, 3, 4, 5, 6, 7, 8 })

-- collect puts each at its place; fold and each tell the place.
local squares = pool:map(function(n) return n * n end, 5000, { ordered = false }):collect()
check.equal(#squares, 5000)
for i, square in ipairs(squares) do check.equal(square, i * i) end
local sum = pool:map(function(n) return n end, 1000, { ordered = false }):fold(0, function(acc, value, index)
  check.equal(value, index)
  return acc + value
end)
check.equal(sum, 500500)

-- An error comes when its chunk does, after what stands before it in the chunk.
local seen = {}
local ok, err = pcall(function()
  for index in pool:map(function(n)
    if n == 3 then error({ item = n }) end
    return n
  end, 100, { ordered = false, chunk = 10, buffer = 10 }) do seen[index] = true end
end)
check.equal({ ok, err }, { false, { item = 3 } })
check.equal(seen, { true, true })
