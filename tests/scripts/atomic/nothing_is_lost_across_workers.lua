local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local jobs, times = 8, check.times(20000, 500)
local sum, swapped, largest, smallest = tm.atomic(), tm.atomic(), tm.atomic(), tm.atomic()
local running = {}
for job = 1, jobs do
  running[job] = pool:submit(function()
    for i = 1, times do
      sum:add(2)
      sum:sub()
      repeat
        local seen = swapped:get()
      until swapped:cas(seen, seen + 1)
      largest:max(i * jobs + job)
      smallest:min(-(i * jobs + job))
    end
  end)
end
tm.all(running)
check.equal(sum:get(), jobs * times)
check.equal(swapped:get(), jobs * times)
check.equal(largest:get(), times * jobs + jobs)
check.equal(smallest:get(), -(times * jobs + jobs))

-- A swap gives every value to one job only.
local slot, tickets = tm.atomic(0), tm.atomic(0)
for job = 1, jobs do
  running[job] = pool:submit(function()
    local total = 0
    for _ = 1, times do total = total + slot:swap(tickets:add(1)) end
    return total
  end)
end
local total = slot:get() * 0
for _, part in ipairs(tm.all(running)) do total = total + part end
local n = jobs * times
check.equal(total + slot:get(), n * (n + 1) // 2)
