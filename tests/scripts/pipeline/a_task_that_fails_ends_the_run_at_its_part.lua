-- What the function of a part starts belongs to that part: the run does not go on until an endless source
-- is at its end, and the error says where it came from.
local tm, check = require "tidemill", require "_helper"

local function endless() return function() return 1 end end
local function once(value)
  local started = tm.atomic()
  return function(x)
    if started:add() == 1 then tm.spawn(error, value, 0) end
    tm.sleep(0.001)
    return x
  end
end
local function failure_of(pipeline, ...)
  return check.raises(function(...) pipeline:run(...) end, nil, ...)
end

local err = failure_of(tm.pipeline():source(endless()):stage("first", once { code = 1 }, { workers = 2 }):sink(function() end))
check.equal({ err.kind, err.stage, err.index, err.error.code }, { "stage", "first", nil, 1 })
err = failure_of(tm.pipeline():source(endless()):flat(once "two"):sink(function() end), { errors = "skip" })
check.equal({ err.message, err.stage, err.error }, { 'stage "flat": two', "flat", "two" })
err = failure_of(tm.pipeline():source(endless()):sink("last", once "three"))
check.equal({ err.message, err.stage }, { 'sink "last": three', "last" })
local source = once "four"
err = failure_of(tm.pipeline():source(function() return source(1) end):sink(function() end))
check.equal({ err.message, err.stage }, { "source: four", "source" })

-- One that is waited for is the function's affair.
local done = tm.pipeline():source(3):stage(function(x)
  return select(2, tm.spawn(error, x, 0):join()) * 2
end):collect():run().result
check.equal(done, { 2, 4, 6 })

-- Of several the others are in the first, as far as they can travel.
local kinds = { 1, false, "three" }
err = failure_of(tm.pipeline():source(1):stage("s", function()
  for i = 1, 3 do
    tm.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() error(kinds[i] or coroutine.create(print), 0) end })
      tm.sleep(60)
    end)
  end
  tm.sleep(0.01)
  error(4, 0)
end):collect())
check.equal({ err.kind, err.stage, err.index, err.error, err.others.n }, { "stage", "s", 1, 4, 3 })
local others = {}
for _, other in ipairs(err.others) do others[#others + 1] = type(other) == "table" and other.kind or other end
table.sort(others, function(a, b) return tostring(a) < tostring(b) end)
check.equal(others, { 1, "three", "transfer" })
