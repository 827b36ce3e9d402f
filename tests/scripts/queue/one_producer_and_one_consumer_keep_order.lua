-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local n = check.times(20000, 2000)
local left <close> = tm.pool { workers = 1 }
local right <close> = tm.pool { workers = 1 }
for _, capacity in ipairs { 1, 16, math.huge } do
  for _, order in ipairs { "fifo", "priority" } do  -- equal priorities
    local q = tm.queue { capacity = capacity, order = order }
    local producer = left:submit(function()
      for i = 1, n do q:put(i) end
      q:shutdown()
    end)
    local consumer = right:submit(function()
      local last = 0
      for item in q do
        if item ~= last + 1 then error(("%d after %d"):format(item, last)) end
        last = item
      end
      return last
    end)
    producer:await()
    check.equal(consumer:await(), n)
  end
end
