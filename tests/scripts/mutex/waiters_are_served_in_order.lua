-- First come, first served, and nobody barges in, over several rounds.
local tm, check = require "tidemill", require "_helper"

local m, order = tm.mutex(), {}
m:lock()
local tasks = {}
for i = 1, 4 do
  tasks[i] = tm.spawn(function()
    for _ = 1, 3 do
      local _ <close> = m:lock()
      order[#order + 1] = i
      tm.yield()
    end
  end)
end
tm.yield()
m:unlock()
check.equal(m:try_lock(), false)  -- it was handed over already
for i = 1, 4 do tasks[i]:await() end
check.equal(table.concat(order, " "), "1 2 3 4 1 2 3 4 1 2 3 4")
