local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local d, jobs, times = tm.dict(), 8, check.times(5000, 200)
local running = {}
for job = 1, jobs do
  running[job] = pool:submit(function()
    for i = 1, times do
      d:incr "one"
      d:incr(i % 50)
      d:incr("half", 0.5)
      d:update("updated", function(n) return (n or 0) + 1 end)
      d:update("list", function(list) return { n = (list and list.n or 0) + 1 } end)
      repeat
        local seen = d:get "swapped"
      until d:cas("swapped", seen, (seen or 0) + 1)
      d:set("mine " .. job, i)
      if i % 2 == 0 then d:delete("mine " .. job) end
    end
  end)
end
tm.all(running)
local n = jobs * times
check.equal({ d:get "one", d:get "half", d:get "updated", d:get "swapped" }, { n, n / 2, n, n })
check.equal(d:get "list", { n = n })
for i = 0, 49 do check.equal(d:get(i), n // 50) end
check.equal(#d, 50 + 5)
