local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local a = pool:map(function(n) return "a" .. n end, 50, { chunk = 3 })
local b = pool:map(function(n) return "b" .. n end, 50, { chunk = 4 })
for i = 1, 50 do
  check.equal({ a() }, { i, "a" .. i })
  check.equal({ b() }, { i, "b" .. i })
end
check.equal({ a(), b() }, {})
local tasks = {}
for t = 1, 4 do
  tasks[t] = tm.spawn(function() return tm.map(function(n) return n * t end, 300):collect() end)
end
for t = 1, 4 do check.equal(tasks[t]:await()[300], 300 * t) end
