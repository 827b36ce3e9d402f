local tm = require "tidemill"

local function refused(text, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok and tostring(err):find(text, 1, true), tostring(err))
end

local function nothing() end

-- What errors call the source is no name for another part.
for _, method in ipairs { "stage", "filter", "flat", "sink" } do
  local line = tm.pipeline()
  refused(method .. ': the name must not be "source"', line[method], line, "source", nothing)
end
refused('fold: the name must not be "source"', function() tm.pipeline():fold("source", 0, nothing) end)

-- Nor is the name of a stage one for the sink.
refused('sink: there is a stage "parse" already', function()
  tm.pipeline():stage("parse", nothing):sink("parse", nothing)
end)

-- A sink without a name gets one that no stage has.
local function fails(line)
  local ok, err = pcall(line.run, line)
  assert(not ok and err.kind == "stage")
  return err.stage
end
local boom = function() error("boom") end
local same = function(item) return item end
assert(fails(tm.pipeline():source(3):stage("sink", same):sink(boom)) == "sink 2")
assert(fails(tm.pipeline():source(3):stage("sink", boom):sink(nothing)) == "sink")
assert(fails(tm.pipeline():source(3):stage(same):sink(boom)) == "sink")
assert(fails(tm.pipeline():source(boom):stage(same):collect()) == "source")
