local tm, check = require "tidemill", require "_helper"

local function sizes(list)
  local text = {}
  for i, batch in ipairs(list) do text[i] = #batch end
  return table.concat(text, " ")
end
local function same(x) return x end

for _, buffer in ipairs { 1, 2, 7, 256 } do
  local run = { buffer = buffer }
  -- Behind the source, one worker, several, another batch; the last one may be shorter.
  local batches = tm.pipeline():source(10):batch(4):collect():run(run).result
  check.equal(batches, { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10 } })
  batches = tm.pipeline():source(10):stage(same):batch(4):collect():run(run).result
  check.equal(batches, { { 1, 2, 3, 4 }, { 5, 6, 7, 8 }, { 9, 10 } })
  batches = tm.pipeline():source(100):stage(same, { workers = 4 }):batch(30):collect():run(run).result
  check.equal(sizes(batches), "30 30 30 10")
  check.equal(batches[4][10], 100)
  batches = tm.pipeline():source(10):batch(2):batch(2):collect():run(run).result
  check.equal(batches, { { { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } }, { { 9, 10 } } })
  check.equal(#tm.pipeline():source(0):batch(3):collect():run(run).result, 0)
  check.equal(tm.pipeline():source(2):batch(1):collect():run(run).result, { { 1 }, { 2 } })
end

-- Of any values.
local items = { "text", 1.5, false, { 1, { 2 } }, ("long"):rep(5000) }
check.equal(tm.pipeline():source(items):batch(9):collect():run().result, { items })
-- The report has a line of its own for them.
local report = tm.pipeline():source(10):batch(4):collect():run()
check.equal({ report.stages[1].name, report.stages[1].items_in, report.stages[1].items_out }, { "batch 4", 10, 3 })
-- An error in what follows names the first item of the list.
local problem = check.raises(function()
  tm.pipeline():source(10):batch(4):stage("s", function(list)
    if list[1] == 5 then error("five") end
    return list
  end):collect():run()
end, 'stage "s", item 5 %(table%): .*five')
check.equal(problem.item, { 5, 6, 7, 8 })
