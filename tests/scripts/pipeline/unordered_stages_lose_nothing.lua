-- repeat: 3
local tm, check = require "tidemill", require "_helper"

for _ = 1, check.times(8, 2) do
  local n = math.random(1, 500)
  local report = tm.pipeline()
    :source(n)
    :stage("a", function(x)
      if x % 13 == 0 then tm.sleep(0.0003) end
      return x
    end, { workers = math.random(2, 8), ordered = false })
    :filter(function(x) return x % 3 ~= 0 end, { workers = math.random(1, 3), ordered = false })
    :collect()
    :run { buffer = math.random(1, 16) }
  local expected = {}
  for i = 1, n do
    if i % 3 ~= 0 then expected[#expected + 1] = i end
  end
  table.sort(report.result)
  check.equal(report.result, expected)
end

-- One that is held up holds up nobody else.
local gate = tm.event()
local seen = {}
tm.pipeline():source(20)
  :stage("gate", function(x)
    if x == 1 then gate:wait() end
    return x
  end, { workers = 2, ordered = false })
  :sink(function(x)
    seen[#seen + 1] = x
    if #seen == 19 then gate:set() end
  end)
  :run { chunk = 1 }
check.equal(seen[20], 1)
