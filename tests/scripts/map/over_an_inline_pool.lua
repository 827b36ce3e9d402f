-- Jobs that run in the caller's own state take chunks as any others do.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { kind = "inline" }
local function square(n) return n * n end
check.equal(#pool:map(square, 3000):collect(), 3000)
check.equal(pool:map(square, { 1, 2, 3 }, { ordered = false, chunk = 1 }):collect(), { 1, 4, 9 })
local list, errors = pool:map(error, { "x", "y" }, { errors = "return" }):collect()
check.equal({ list, errors }, { {}, { "x", "y" } })
check.raises(function() pool:map(error, { "x" }):collect() end, "x")
check.equal(check.raises(function()
  pool:map(tm.sleep, { 60 }, { timeout = 0.01 }):collect()
end).kind, "timeout")
for index in pool:map(square, math.maxinteger) do
  if index == 100 then break end
end
