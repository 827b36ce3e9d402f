local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, size in ipairs { 0, -1, 1.5, 0 / 0, math.huge, 4097, 2 ^ 53 } do
  check.raises(function() pool:resize(size) end, "resize_refuses_bad_sizes.lua:%d+:.*workers")
end
check.raises(function() pool:resize() end, "number expected, got nil")
check.raises(function() pool:resize "2" end, "number expected, got string")
check.raises(function() pool.resize(2) end, "pool expected")
check.equal(pool:stats().workers, 2)
pool:resize(3.0)
check.equal(pool:stats().workers, 3)
check.equal(tostring(pool), 'pool "pool" 3 workers open')
