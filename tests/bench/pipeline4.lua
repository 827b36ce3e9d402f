-- The caller feeds decimal strings through parse, square and keep odd, one worker each, and sums what
-- comes out; 256 items at most between two stages.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)

local function strings()
  local i = -1
  return function()
    i = i + 1
    if i < n then return tostring(i % 1000) end
  end
end

local started = tm.now()
local report = tm.pipeline("pipeline4")
  :source(strings())
  :stage("parse", function(text) return tonumber(text) end)
  :stage("square", function(x) return x * x end)
  :filter("odd", function(x) return x % 2 == 1 end)
  :fold("sum", 0, function(sum, x) return sum + x end)
  :run { buffer = 256 }
local seconds = tm.now() - started
if os.getenv("PIPELINE_REPORT") then io.stderr:write(tostring(report), "\n") end

local expected = 0
for i = 0, n - 1 do
  local x = i % 1000
  if x % 2 == 1 then expected = expected + x * x end
end
bench.report { n = n, seconds = seconds, check = report.result, expected = expected }
