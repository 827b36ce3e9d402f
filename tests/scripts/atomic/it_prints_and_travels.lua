local tm, check = require "tidemill", require "_helper"

local a = tm.atomic(42)
check.equal(tostring(a), "atomic 42")
local pool <close> = tm.pool { workers = 1 }
local same = pool:submit(function(given)
  given:add(1)
  a:add(1)
  return given, given == a
end, a)
local back, one = same:await()
check.truthy(back == a and one)
check.equal({ a:get(), tostring(back) }, { 44, "atomic 44" })
check.equal(({ [a] = "x" })[back], "x")
check.truthy(tm.atomic(44) ~= a)
check.equal(getmetatable(a), false)
