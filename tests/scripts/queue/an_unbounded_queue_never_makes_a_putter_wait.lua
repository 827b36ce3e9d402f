local tm, check = require "tidemill", require "_helper"

local n = check.times(200000, 20000)
for _, order in ipairs { "fifo", "lifo", "priority" } do
  local q = tm.queue { order = order }
  for i = 1, n do assert(q:try_put(i)) end
  check.equal({ #q, q:stats().peak }, { n, n })
  local sum = 0
  for _ = 1, n do sum = sum + q:get() end
  check.equal({ sum, #q }, { n * (n + 1) // 2, 0 })
end
