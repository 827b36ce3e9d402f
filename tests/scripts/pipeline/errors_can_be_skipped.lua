local tm, check = require "tidemill", require "_helper"

for _, workers in ipairs { 1, 4 } do
  for _, buffer in ipairs { 2, 64 } do
    local report = tm.pipeline():source(100)
      :stage("a", function(x)
        if x % 10 == 0 then error({ bad = x }) end
        return x
      end, { workers = workers })
      :stage("b", function(x)
        if x % 10 == 5 then return print end
        if x % 10 == 6 then return coroutine.create(print) end
        return x
      end)
      :fold("sum", 0, function(sum, x)
        if x == print then error("not a number") end
        return sum + x
      end)
      :run { errors = "skip", buffer = buffer }
    local sum = 0
    for i = 1, 100 do
      if i % 10 ~= 0 and i % 10 ~= 5 and i % 10 ~= 6 then sum = sum + i end
    end
    check.equal(report.result, sum)
    check.equal(report.errors.n, 30)
    check.equal(#report.errors, 10)
    for _, entry in ipairs(report.errors) do
      local digit = entry.index % 10
      check.equal(entry.stage, digit == 0 and "a" or digit == 5 and "sum" or "b")
      if digit == 0 then check.equal(entry.error, { bad = entry.index }) end
      if digit == 6 then check.equal(entry.error.kind, "transfer") end
      if digit ~= 5 then check.equal(entry.item, entry.index) end
    end
    check.truthy(tostring(report):find("skipped: 30 errors", 1, true))
  end
end

-- Items of the source that cannot travel; the source itself must not fail.
local report = tm.pipeline():source { 1, coroutine.create(print), 3 }:stage(function(x) return x end)
  :collect():run { errors = "skip" }
check.equal(report.result, { 1, 3 })
check.equal({ report.errors.n, report.errors[1].stage, report.errors[1].index }, { 1, "source", 2 })
check.raises(function()
  tm.pipeline():source(function() error("gone") end):collect():run { errors = "skip" }
end, "source, item 1: .*gone")
-- A cancellation is none.
local task = tm.spawn(function()
  tm.pipeline():source(5):stage(function(x) tm.sleep(60) return x end):collect():run { errors = "skip" }
end)
tm.sleep(0.02)
task:cancel()
local ok, problem = task:join()
check.equal({ ok, problem.kind }, { false, "cancelled" })
check.equal(#tm.pipeline():source(3):collect():run { errors = "skip" }.errors, 0)
