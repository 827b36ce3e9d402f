-- The items themselves are never compared.
local tm, check = require "tidemill", require "_helper"

local q = tm.queue { order = "priority" }
local function drained()
  local got = {}
  while #q > 0 do got[#got + 1] = q:get() end
  return got
end

local incomparable = setmetatable({}, { __lt = function() error "compared" end, __le = function() error "compared" end })
q:put({ incomparable }, 1)
q:put({ incomparable }, 1)
q:put(print, 1)
q:put(true, 1)
check.equal({ #drained(), q:join(0) }, { 4, false })

q:put("later", 10)
q:put("default")
q:put("zero", 0)
q:put("minus zero", -0.0)
q:put("soon", 0.5)
q:put("nil", nil)
q:put("first", -3)
check.equal(drained(), { "first", "default", "zero", "minus zero", "nil", "soon", "later" })

-- Integers and floats by their exact value, as Lua compares them.
local ordered = {
  -math.huge, -2.0 ^ 63, math.mininteger + 1, -2 ^ 53, -(2 ^ 53 | 0) + 1, -1, -0.5, 5e-324, 1, 1.5,
  2 ^ 53 | 0, (2 ^ 53 | 0) + 1, math.maxinteger - 1, math.maxinteger, 2.0 ^ 63, 1e300, math.huge,
}
for i = 2, #ordered do assert(ordered[i - 1] < ordered[i]) end
for step = 1, #ordered - 1 do
  local expected = {}
  for i = 1, #ordered do
    local at = (i * step) % #ordered + 1
    q:put(at, ordered[at])
  end
  check.equal(#q, #ordered)
  for i = 1, #ordered do expected[i] = i end
  check.equal(drained(), expected, "step " .. step)
end

-- Many, with many ties.
local n, levels = check.times(20000, 3000), 7
for i = 1, n do q:put(i, i * 31 % levels) end
local last_level, last = -1, 0
for _, item in ipairs(drained()) do
  local level = item * 31 % levels
  check.truthy(level > last_level or (level == last_level and item > last), item)
  last_level, last = level, item
end
