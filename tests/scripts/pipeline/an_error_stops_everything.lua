-- repeat: 2
local tm, check = require "tidemill", require "_helper"

local function tasks() return select(2, tostring(tm.tasks()):gsub("\n", "\n")) end
local before = tasks()

-- At every stage, position and number of workers; what was raised arrives unchanged.
for _, workers in ipairs { 1, 3 } do
  for bad = 1, 3 do
    for _, at in ipairs { 1, 2, 50, 99, 100 } do
      local function fn(stage)
        return function(x)
          if x % 10 == 3 then tm.yield() end
          if stage == bad and x == at then error({ code = x, stage = stage }) end
          return x
        end
      end
      local problem = check.raises(function()
        tm.pipeline():source(100)
          :stage("one", fn(1), { workers = workers })
          :stage("two", fn(2), { workers = workers })
          :stage("three", fn(3), { workers = workers, ordered = false })
          :collect()
          :run { buffer = math.random(1, 20) }
      end, 'stage "%a+", item %d+ %(%d+%): ')
      check.equal({ problem.kind, problem.stage, problem.index, problem.item },
        { "stage", ({ "one", "two", "three" })[bad], at, at })
      check.equal(problem.error, { code = at, stage = bad })
      check.equal(problem.cause, problem.error)
    end
  end
end

-- Any value, nil and false too.
for _, value in ipairs { "text", 5, false, true } do
  local problem = check.raises(function()
    tm.pipeline():source(1):stage("s", function() error(value, 0) end):collect():run()
  end)
  check.equal(problem.error, value)
end
local problem = check.raises(function()
  tm.pipeline():source { ("x"):rep(100) .. "\n" }:stage("s", function() error() end):collect():run()
end, 'stage "s", item 1 %("' .. ("x"):rep(40) .. '…"%): nil')
check.equal({ problem.error, problem.item }, { nil, ("x"):rep(100) .. "\n" })
-- In place of one that cannot travel comes an error that quotes its text.
problem = check.raises(function()
  tm.pipeline():source(1):stage("s", function() error(coroutine.create(print)) end):collect():run()
end, "thread")
check.equal(problem.error.kind, "transfer")

-- The number of an item survives stages that drop and multiply.
problem = check.raises(function()
  tm.pipeline():source(100)
    :filter(function(x) return x % 7 == 0 end)
    :flat(function(x) return { x, -x } end)
    :stage("last", function(x) if x == -70 then error("here") end return x end)
    :collect():run()
end, "here")
check.equal({ problem.index, problem.item }, { 70, -70 })

-- Nothing is left of all these.
check.equal(tasks(), before)
