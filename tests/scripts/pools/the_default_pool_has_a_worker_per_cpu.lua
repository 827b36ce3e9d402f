local tm, check = require "tidemill", require "_helper"

local usable = tonumber(io.popen("nproc"):read "a")
local pool <close> = tm.pool()
check.equal(pool:stats().workers, usable)
check.equal(tm.map(function(n) return n * n end, 10):fold(0, function(sum, n) return sum + n end), 385)
