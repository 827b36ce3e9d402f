local tm, check = require "tidemill", require "_helper"

local report = tm.pipeline("sums")
  :source(60)
  :stage("slow", function(x) tm.sleep(0.002) return x end, { workers = 2 })
  :filter("even", function(x) return x % 2 == 0 end)
  :batch(7)
  :fold("n", 0, function(n, list) return n + #list end)
  :run { name = "renamed" }

check.equal({ report.name, report.items, report.result }, { "renamed", 60, 30 })
local rows = { report.source, table.unpack(report.stages) }
rows[#rows + 1] = report.sink
local shape = {}
for i, row in ipairs(rows) do
  shape[i] = { row.name, row.workers, row.items_in or false, row.items_out or false }
  -- The time of every worker went somewhere.
  local sum = row.busy + row.starved + row.blocked + row.ready
  check.truthy(sum >= 0 and sum <= row.workers * report.elapsed * 1.01, row.name)
  for _, field in ipairs { "busy", "starved", "blocked", "ready", "rate" } do
    check.truthy(row[field] >= 0, field)
  end
end
check.equal(shape, {
  { "source", 1, false, 60 }, { "slow", 2, 60, 60 }, { "even", 1, 60, 30 }, { "batch 7", 0, 30, 5 }, { "n", 1, 5, false },
})
check.truthy(report.stages[1].busy >= 60 * 0.002)
check.truthy(report.speedup > 0 and math.abs(report.speedup - report.work / report.elapsed) < 1e-9)
local text = tostring(report)
for _, word in ipairs { 'pipeline "renamed": 60 items', "slow", "batch 7", "bottleneck: ", "speed%-up: " } do
  check.truthy(text:find(word), word)
end

-- What is busy all the time is named, and more workers would help.
-- (Again if the machine has held up another part for longer than that.)
local function busiest(is, pipeline)
  for _ = 1, 100 do
    report = pipeline:run()
    local slowest, most = nil, -1
    for _, row in ipairs { report.source, report.sink, table.unpack(report.stages) } do
      if row.busy > most then slowest, most = row.name, row.busy end
    end
    check.equal(report.slowest, slowest)
    if slowest == is then return end
  end
  error("the slowest is " .. report.slowest)
end
busiest("sleepy", tm.pipeline():source(30):stage("sleepy", function(x) tm.sleep(0.005) return x end):collect())
check.truthy(report.bottleneck:find('stage "sleepy" was busy %d+ %% of the time with 1 worker: %d+ workers would bring about'), report.bottleneck)
busiest("source", tm.pipeline():source(function() tm.sleep(0.005) return nil end):collect())
check.truthy(report.bottleneck:find("the source was busy"), report.bottleneck)

-- It travels, and prints there too.
local pool <close> = tm.pool { workers = 1 }
check.equal(pool:submit(function(r) return tostring(r), r.items end, report):await(), tostring(report))
