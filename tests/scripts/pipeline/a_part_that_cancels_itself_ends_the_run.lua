local tm, check = require "tidemill", require "_helper"

-- Nothing is to hang, and that is not the deadlock report's business: something else goes on.
tm.background(function()
  while true do tm.sleep(0.01) end
end)

local function expect(name, pipeline, options)
  local ok, problem = pcall(pipeline.run, pipeline, options)
  check.equal({ ok, problem.kind, problem.stage, problem.cause.kind }, { false, "stage", name, "cancelled" })
  check.truthy(problem.cause.message:find("enough", 1, true), problem.cause.message)
end

for _, errors in ipairs { "raise", "skip" } do
  for workers = 1, 3 do
    for _, waits in ipairs { true, false } do
      for at = 1, 3 do
        expect("s", tm.pipeline():source(3):stage("s", function(x)
          if x == at then
            tm.current():cancel("enough")
            if waits then tm.sleep(60) end
          end
          return x
        end, { workers = workers }):collect(), { errors = errors })
      end
    end
  end
  local n = 0
  expect("source", tm.pipeline():source(function()
    n = n + 1
    if n == 5 then tm.current():cancel("enough") end
    return n
  end):stage(function(x) return x end):collect(), { errors = errors })
end

-- One that is cancelled with the run says nothing of its own.
for i = 1, 50 do
  local pipeline = tm.pipeline():source(function() return 1 end)
    :stage("s", function(x)
      if i % 2 == 0 then error("no") end
      return x
    end, { workers = 4 })
    :sink(function() end)
  local ok, problem = pcall(pipeline.run, pipeline, { timeout = 0.002 })
  check.truthy(not ok and (problem.kind == "timeout" or problem.error ~= nil and i % 2 == 0), problem)
  for _, other in ipairs(problem.others or {}) do check.equal(other.index ~= nil, true) end
end
