-- repeat: 2
local tm, check = require "tidemill", require "_helper"

local function same(x) return x end
local function endless()
  local i = 0
  return function() i = i + 1 return i end
end
local function slow(x) tm.sleep(60) return x end
local function spin(x) while true do end end

-- Whatever is at work when time is up.
local shapes = {
  stage = function() return tm.pipeline():source(9):stage(slow, { workers = 3 }):collect() end,
  source = function() return tm.pipeline():source(function() tm.sleep(60) end):stage(same):collect() end,
  sink = function() return tm.pipeline():source(9):stage(same):sink(slow) end,
  endless = function() return tm.pipeline():source(endless()):stage(same, { workers = 2 }):batch(7):sink(same) end,
  loop = function() return tm.pipeline():source(9):stage(spin):collect() end,
  full = function() return tm.pipeline():source(endless()):stage(same):to(tm.channel()) end,
}
for name, shape in pairs(shapes) do
  local problem = check.raises(function() shape():run { timeout = 0.05, buffer = 4 } end, "pipeline", name)
  check.equal(problem.kind, "timeout", name)
  check.truthy(problem.message:find("pipeline \"pipeline\": not done", 1, true), problem.message)
  local pipeline = shape()
  local task = tm.spawn(function() pipeline:run { buffer = 4 } end)
  tm.sleep(math.random() * 0.02)
  task:cancel()
  local ok, err = task:join()
  check.equal({ ok, type(err) == "table" and err.kind }, { false, "cancelled" }, name)
end

-- A timeout around it, and one that has passed before it began.
check.raises(function() tm.timeout(0.03, function() shapes.endless():run() end) end)
local begun = false
local problem = check.raises(function()
  tm.pipeline():source(function() begun = true end):collect():run { timeout = 0 }
end, "no time was given")
check.equal({ problem.kind, begun }, { "timeout", false })
check.equal(tm.pipeline():source(3):stage(same):collect():run { timeout = 60 }.items, 3)
check.equal(tm.pipeline():source(3):stage(same):collect():run { timeout = math.huge }.items, 3)
