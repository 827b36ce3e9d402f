local tm, check = require "tidemill", require "_helper"

local function is(value, expected)
  check.equal(value, expected)
  check.equal(math.type(value), math.type(expected))
end

local d = tm.dict()
d:set("n", math.maxinteger)
is(d:incr "n", math.mininteger)
is(d:incr("n", -1), math.maxinteger)
d:set("n", (1 << 53) + 1)
is(d:get "n", (1 << 53) + 1)
d:set("n", 1)
is(d:incr("n", 0.5), 1.5)
is(d:incr("n", -0.5), 1.0)
is(d:incr("f", 2.0), 2.0)
check.equal(d:cas("n", 1, 2), true)
is(d:get "n", 2)
d:set("n", 0 / 0)
check.truthy(d:get "n" ~= d:get "n")
check.equal(d:cas("n", 0 / 0, 1), false)
is(d:get "f", 2.0)
