local tm, check = require "tidemill", require "_helper"

-- The source goes on only when the sink is done: so what it has given must not wait in a chunk.
for _, ahead in ipairs { 1, 2, 5 } do
  local tokens = tm.semaphore(ahead)
  local i = 0
  local report = tm.pipeline()
    :source(function()
      tokens:acquire()
      i = i + 1
      if i <= 500 then return i end
    end)
    :stage("a", function(x) return x end, { workers = 2 })
    :stage("b", function(x) return x end)
    :sink(function() tokens:release() end)
    :run()
  check.equal(report.items, 500)
end

-- The same in the middle of a chunk, for each kind of stage.
for _, workers in ipairs { 1, 3 } do
  local tokens = tm.semaphore(1)
  local function wait(x)
    tokens:acquire()
    return x
  end
  for _, kind in ipairs { "stage", "filter" } do
    local pipeline = tm.pipeline():source(60)
    pipeline[kind](pipeline, wait, { workers = workers, ordered = workers == 1 })
    check.equal(pipeline:sink(function() tokens:release() end):run { chunk = 20 }.items, 60)
  end
  local report = tm.pipeline():source(5)
    :flat(function(x, emit)
      for _ = 1, 20 do
        tokens:acquire()
        emit(x)
      end
    end, { workers = workers, ordered = workers == 1 })
    :sink(function() tokens:release() end)
    :run { chunk = 5 }
  check.equal(report.sink.items_in, 100)
end
