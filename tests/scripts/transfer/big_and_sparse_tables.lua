local tm, check = require "tidemill", require "_helper"

local list, map = {}, {}
for i = 1, 100000 do
  list[i] = i
  map["key " .. i] = { i }
end
local pool <close> = tm.pool { workers = 1 }
local copy, mapped = pool:submit(function(a, b) return a, b end, list, map):await()
check.equal(#copy, 100000)
check.equal(copy, list)
check.equal(mapped, map)
local sparse = { [1] = 1, [1000000] = 2, [math.maxinteger] = 3, [math.mininteger] = 4 }
check.equal(pool:submit(function(t) return t end, sparse):await(), sparse)
check.equal(pool:submit(function(t) return t end, { nil, nil, 3 }):await(), { nil, nil, 3 })
check.equal(pool:submit(function(t) return next(t) end, {}):await(), nil)
