local tm, check = require "tidemill", require "_helper"

local function same(x) return x end
local function failing_at(n, value)
  local i = 0
  return function()
    i = i + 1
    if i == n then error(value, 0) end
    return i
  end
end

local value = { "the source's" }
local problem = check.raises(function()
  tm.pipeline():source(failing_at(7, value)):stage(same):collect():run()
end, "source, item 7: ")
check.equal({ problem.kind, problem.stage, problem.index, problem.item }, { "stage", "source", 7, nil })
check.truthy(problem.error == value)  -- it never left the state

-- The iterator is closed all the same.
local closed = false
check.raises(function()
  tm.pipeline():source(failing_at(3, "no"), nil, nil, setmetatable({}, { __close = function() closed = true end }))
    :stage(same):collect():run()
end, "no")
check.truthy(closed)

local seen = {}
problem = check.raises(function()
  tm.pipeline():source(9):stage(same):sink(function(x)
    seen[#seen + 1] = x
    if x == 4 then error(value) end
  end):run { chunk = 3 }
end, "sink, item 4 %(4%): ")
check.equal(seen, { 1, 2, 3, 4 })
check.truthy(problem.error == value)
problem = check.raises(function()
  tm.pipeline():source(9):fold("sum", 0, function(sum, x) return sum + x.y end):run()
end, 'sink "sum", item 1 %(1%): .*attempt to index')
check.equal(problem.stage, "sum")

-- A place that takes no more.
local channel = tm.channel(2)
channel:close()
problem = check.raises(function() tm.pipeline():source(9):to(channel):run() end, "sink, item 1 .*closed")
check.equal(problem.error.kind, "closed")
-- That is no matter of one item.
check.raises(function() tm.pipeline():source(9):to(channel):run { errors = "skip" } end, "sink, item 1 .*closed")

-- What happens here need not travel.
local thread = coroutine.create(print)
problem = check.raises(function() tm.pipeline():source(1):sink(function() error(thread) end):run() end)
check.truthy(problem.error == thread)
