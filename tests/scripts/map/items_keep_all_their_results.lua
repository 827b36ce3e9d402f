local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function results(n)
  if n == 1 then return end
  if n == 2 then return nil end
  if n == 3 then return nil, "second", nil end
  if n == 4 then return "only" end
  return n, nil, n
end
local counts = {}
local function keep(index, ...)
  if index then
    counts[index] = select("#", ...)
    return true
  end
end
local iterate = pool:map(results, 5, { chunk = 2 })
while keep(iterate()) do end
check.equal({ counts[2], counts[3], counts[4], counts[5] }, { 1, 3, 1, 3 })
check.equal(pool:map(results, 5):collect(), { nil, nil, nil, "only", 5 })
local seen = {}
pool:map(results, 5):each(function(value, index) seen[index] = value end)
check.equal(seen, { [4] = "only", [5] = 5 })
check.equal(pool:map(results, { 4, 5 }):fold("", function(acc, value, index)
  return acc .. index .. value
end), "1only25")
