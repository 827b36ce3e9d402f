-- Integers stay exact and wrap around, a float makes the result a float, NaN equals nothing.
local tm, check = require "tidemill", require "_helper"

local function is(value, expected)
  check.equal(value, expected)
  check.equal(math.type(value), math.type(expected))
end

local a = tm.atomic(math.maxinteger)
is(a:add(1), math.mininteger)
is(a:sub(1), math.maxinteger)
a:set(2 ^ 53 // 1 | 0)
is(a:add(1), (1 << 53) + 1)
is(a:max(2.0 ^ 53), (1 << 53) + 1)  -- compared exactly
is(a:max(2.0 ^ 53 + 2), 2.0 ^ 53 + 2)
a:set(1)
is(a:add(0.5), 1.5)
is(a:sub(0.5), 1.0)
is(a:max(1), 1.0)  -- no larger
check.equal(a:cas(1, 2), true)  -- 1 == 1.0
is(a:get(), 2)

local nan = 0 / 0
is(a:max(nan), 2)
is(a:min(nan), 2)
check.truthy(a:add(nan) ~= a:get())
check.equal(a:cas(nan, 1), false)
check.equal(tostring(tm.atomic(1.0)), "atomic 1.0")
