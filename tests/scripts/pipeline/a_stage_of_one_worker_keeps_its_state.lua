-- stderr~ assigns captured 'seen'; only this job's copy changes
local tm, check = require "tidemill", require "_helper"

local sum = 0
local function running(x)
  sum = sum + x
  return sum
end
local result = tm.pipeline():source(1000):stage("running sum", running):collect():run().result
for i = 1, 1000 do check.equal(result[i], i * (i + 1) // 2) end

-- Each worker of a stage has a copy of its own, also where two share a thread.
local seen = 0
local counts = tm.pipeline():source(400):stage("count", function()
  seen = seen + 1
  tm.yield()
  return seen
end, { workers = 8 }):collect():run { chunk = 1 }.result
local ones = 0
for _, n in ipairs(counts) do if n == 1 then ones = ones + 1 end end
check.truthy(ones >= 1 and ones <= 8, ones)
local total = {}
for _, n in ipairs(counts) do total[n] = (total[n] or 0) + 1 end
for n, times in pairs(total) do check.truthy(times <= ones, n) end
