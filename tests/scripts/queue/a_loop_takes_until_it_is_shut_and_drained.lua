local tm, check = require "tidemill", require "_helper"

local q, results = tm.queue { capacity = 2 }, {}
local workers = {}
for i = 1, 3 do
  workers[i] = tm.spawn(function()
    for n in q do
      results[#results + 1] = n * n
      q:task_done()
    end
    return "ended"
  end)
end
for n = 1, 20 do q:put(n) end
check.equal(q:join(), true)
q:shutdown()
for _, worker in ipairs(workers) do check.equal(worker:await(), "ended") end
local sum = 0
for _, n in ipairs(results) do sum = sum + n end
check.equal({ #results, sum }, { 20, 2870 })

-- As the items of a map.
local pool <close> = tm.pool { workers = 2 }
local items = tm.queue()
for n = 1, 50 do items:put(n) end
items:shutdown()
local squares = pool:map(function(n) return n * n end, items):collect()
check.equal({ #squares, squares[1], squares[50] }, { 50, 1, 2500 })
