local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local buffer = tm.buffer(1000, "i32")
for i = 1, #buffer do buffer[i] = i end
check.equal(pool:map(function(n) return n + 1 end, buffer):fold(0, function(acc, n) return acc + n end), 501500)
check.equal(pool:map(function(n) return n end, buffer:slice(10, 12)):collect(), { 10, 11, 12 })
local frozen = tm.freeze { { 1 }, { 2 }, "three" }
check.equal(pool:map(function(item) return type(item) == "table" and item[1] or item end, frozen):collect(),
  { 1, 2, "three" })
