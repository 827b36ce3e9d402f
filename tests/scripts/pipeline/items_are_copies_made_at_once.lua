local tm, check = require "tidemill", require "_helper"

-- A function may give the same table every time, and change it in between: what counts is what it
-- holds when it is given.
local same = {}
local i = 0
local function source()
  i = i + 1
  same.n = i
  if i <= 300 then return same end
end
local function counting()
  local seen = { total = 0 }
  return function(item)
    seen.total = seen.total + item.n
    return seen
  end
end
local list = tm.pipeline():source(source):stage("sum", counting()):collect():run().result
check.equal(#list, 300)
for k = 1, 300 do check.equal(list[k].total, k * (k + 1) // 2) end

-- Items share nothing, whether they went together or not.
local shared = { 1 }
list = tm.pipeline():source { shared, shared, { shared, shared } }:batch(3):collect():run().result[1]
check.truthy(list[1] ~= list[2] and list[1] ~= shared)
check.truthy(list[3][1] == list[3][2])  -- within one item it is as it was

-- Every kind of value.
local mutex = tm.mutex()
local values = {
  1, -1, 255, 256, 1 << 62, 1.5, 0.0, -0.0, math.huge, true, false, "", "text", "zero\0byte", ("s"):rep(4095),
  ("s"):rep(4096), ("s"):rep(100000), { 1, { x = "y" } }, string.format, mutex, tm.freeze { 7 },
}
local got = tm.pipeline():source(values):stage(function(x) return x end):collect():run().result
for k, value in ipairs(values) do
  check.equal(got[k], value)
  check.equal(math.type(got[k]), math.type(value))
end
check.equal(1 / got[8], -math.huge)
check.truthy(rawequal(got[20], mutex))
