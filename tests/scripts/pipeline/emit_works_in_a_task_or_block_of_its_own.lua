local tm, check = require "tidemill", require "_helper"

local function flat(n, fn, workers)
  return tm.pipeline():source(n):flat("many", fn, { workers = workers }):collect():run().result
end

for workers = 1, 3 do
  check.equal(flat(5, function(x, emit)
    tm.timeout(30, function() emit(x) end)
  end, workers), { 1, 2, 3, 4, 5 })
  check.equal(flat(5, function(x, emit)
    tm.spawn(function() emit(x) end):await()
  end, workers), { 1, 2, 3, 4, 5 })
  check.equal(#flat(5, function(x, emit)
    tm.all { function() emit(x) end, function() tm.yield() emit(-x) end }
  end, workers), 10)
end

-- A block that ends while `emit` waits for room loses nothing of what was given before.
local seen, turns = 0, 0
tm.pipeline():source(200)
  :flat("many", function(x, emit)
    emit(x)
    pcall(tm.timeout, 0.001, function()
      for k = 1, 50 do emit(-x - k / 100) end
    end)
  end, { workers = 2 })
  :sink(function(x)
    turns = turns + 1
    if x > 0 then
      check.truthy(x == seen + 1, x)
      seen = x
    end
    if turns % 10 == 0 then tm.sleep(0.0001) end
  end)
  :run { buffer = 8, chunk = 4 }
check.equal(seen, 200)

-- Nobody can call it between two items, also behind one that has failed.
for _ = 1, 20 do
  local report = tm.pipeline():source(300)
    :flat("many", function(x, emit)
      emit(x)
      if x % 10 == 0 then
        tm.spawn(function()
          for _ = 1, x % 7 do tm.yield() end
          pcall(emit, -x)
        end)
        error("no")
      end
      tm.yield()
    end, { workers = 3 })
    :collect()
    :run { errors = "skip", chunk = 4, buffer = 32 }
  local expected = 0
  for _, x in ipairs(report.result) do
    if x > 0 then
      expected = expected + 1
      check.equal(x, expected)
    end
  end
  check.equal({ expected, report.errors.n }, { 300, 30 })
end
