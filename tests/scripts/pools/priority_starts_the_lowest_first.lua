-- Lowest number first whatever its subtype; equal ones in the order of submission; submit counts as 0.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1, order = "priority" }
local entered, go, started = tm.channel(1), tm.channel(1), tm.channel(math.huge)
pool:submit(function() entered:send(1) while not go:try_recv() do end end)
entered:recv()                                      -- everything else is queued behind this
local function note(name) started:send(name) end
local priorities = { 2, -1.5, 0, 2, math.huge, -1, 0.0, 1e300, -math.huge, math.mininteger }
local expected = {}
for i, priority in ipairs(priorities) do
  pool:job { note, i, priority = priority }
  expected[i] = i
end
pool:submit(note, "submitted")
table.sort(expected, function(a, b)
  if priorities[a] == priorities[b] then return a < b end
  return priorities[a] < priorities[b]
end)
for at, i in ipairs(expected) do
  if priorities[i] > 0 then
    table.insert(expected, at, "submitted")
    break
  end
end
go:send(1)
local order = {}
for i = 1, #expected do order[i] = started:recv() end
check.equal(order, expected)
check.raises(function() pool:job { note, 1, priority = 0 / 0 } end, "priority")
check.raises(function() tm.pool { order = "lifo" } end, "priority_starts_the_lowest_first.lua:%d+:.*order")
check.raises(function() tm.pool { order = 1 } end, "order")
