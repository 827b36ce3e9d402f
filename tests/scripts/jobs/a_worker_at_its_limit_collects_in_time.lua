-- Garbage does not count: jobs that leave much of it behind never meet the limit.
local tm, check = require "tidemill", require "_helper"
local pool <close> = tm.pool { workers = 1, memory_limit = 4 * 2 ^ 20 }
for i = 1, 300 do
  check.equal(pool:submit(function() return #("x"):rep(10 ^ 6 // 1) end):await(), 1000000)
end
for i = 1, 20 do
  check.equal(pool:submit(function()
    local n = 0
    for i = 1, 20000 do n = n + #{ i, i, i } end
    return n
  end):await(), 60000)
end
