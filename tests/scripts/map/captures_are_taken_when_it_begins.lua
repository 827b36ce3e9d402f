local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local factor, table_of = 2, { 10 }
local results = pool:map(function(n) return n * factor + table_of[1] end, 100, { chunk = 1 })
factor, table_of[1] = 1000, 0
check.equal(results:fold(0, math.max), 210)
