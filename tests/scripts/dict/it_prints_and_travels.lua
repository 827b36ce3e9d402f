local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
check.equal(tostring(d), "dict of 0 keys")
d:set("x", 1)
check.equal(tostring(d), "dict of 1 key")
local pool <close> = tm.pool { workers = 1 }
local back, one = pool:submit(function(given)
  given:incr "x"
  d:incr "y"
  return given, given == d
end, d):await()
check.truthy(back == d and one)
check.equal({ d:get "x", d:get "y", tostring(back) }, { 2, 1, "dict of 2 keys" })
check.truthy(tm.dict() ~= d)
check.equal(getmetatable(d), false)

-- One can hold others, and itself.
local outer = tm.dict()
outer:set("inner", d)
outer:set("itself", outer)
check.truthy(outer:get "inner" == d and outer:get "itself" == outer)
outer:clear()  -- what holds itself would stay for ever
