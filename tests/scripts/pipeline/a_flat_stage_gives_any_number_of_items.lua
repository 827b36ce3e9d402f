local tm, check = require "tidemill", require "_helper"

local function flat(fn, options, run)
  return tm.pipeline():source(50):flat("many", fn, options):collect():run(run).result
end

local expected = {}
for i = 1, 50 do
  for k = 1, i % 4 do expected[#expected + 1] = i * 10 + k end
end
for workers = 1, 4 do
  check.equal(flat(function(x)
    local list = {}
    for k = 1, x % 4 do list[k] = x * 10 + k end
    return list
  end, { workers = workers }), expected)
  check.equal(flat(function(x, emit)
    for k = 1, x % 4 do
      emit(x * 10 + k)
      if k == 2 then tm.yield() end
    end
  end, { workers = workers }, { buffer = 3 }), expected)
end
-- Both: what was emitted comes first.
check.equal(flat(function(x, emit)
  if x > 1 then return end
  emit("a")
  emit(nil)
  return { "b", "c" }
end), { "a", "b", "c" })

-- One item may become more than fits between two stages, in order behind several workers.
local many = tm.pipeline():source(6)
  :flat("thousands", function(x, emit)
    for k = 1, 3000 do emit(x * 10000 + k) end
  end, { workers = 3 })
  :collect()
  :run { buffer = 10 }
check.equal(#many.result, 18000)
for i = 2, #many.result do check.truthy(many.result[i] > many.result[i - 1]) end
check.truthy(many.sink.queue <= 20, many.sink.queue)

-- Anything else than a list is an error.
check.raises(function() flat(function() return 5 end) end, 'stage "many", item 1 %(1%): a flat stage gives a list or nothing, not a number')

-- Endless, and cancelled.
local task = tm.spawn(function()
  tm.pipeline():source(1):flat(function(_, emit)
    while true do emit(1) end
  end):sink(function() end):run()
end)
tm.sleep(0.02)
task:cancel()
check.equal(task:join(), false)
