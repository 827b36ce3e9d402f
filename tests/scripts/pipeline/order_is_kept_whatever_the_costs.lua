-- repeat: 3
local tm, check = require "tidemill", require "_helper"

-- Random costs, workers and buffers: every item goes through every stage once, in order.
local function work(x)
  local spin = (x * 7919) % 97
  if spin == 0 then tm.sleep(0.0005) elseif spin < 5 then tm.yield() end
  for _ = 1, spin do end
  return x + 1
end

for _ = 1, check.times(12, 3) do
  local n = math.random(0, 600)
  local options = { buffer = math.random(1, 12) }
  if math.random() < 0.3 then options.chunk = math.random(1, options.buffer) end
  local report = tm.pipeline()
    :source(n)
    :stage("a", work, { workers = math.random(1, 8) })
    :stage("b", work, { workers = math.random(1, 8) })
    :stage("c", work)
    :collect()
    :run(options)
  local expected = {}
  for i = 1, n do expected[i] = i + 3 end
  check.equal(report.result, expected)
  check.equal(report.items, n)
  for _, stage in ipairs(report.stages) do check.equal({ stage.items_in, stage.items_out }, { n, n }) end
end
