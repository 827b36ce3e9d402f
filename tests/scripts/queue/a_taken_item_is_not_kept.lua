-- The end of a pipe in an item: when nobody holds it any more, the other end hears of it.
local tm, check = require "tidemill", require "_helper"

local function gone(other)
  collectgarbage()
  collectgarbage()
  return select(2, other:recv(0)) == "closed"
end

for _, order in ipairs { "fifo", "lifo", "priority" } do
  local q = tm.queue { order = order }
  local others = {}
  for i = 1, 3 do
    local mine
    mine, others[i] = tm.pipe()
    q:put({ mine })
  end
  local item = q:get()  -- one of them
  local first = order == "lifo" and 3 or 1
  for i = 1, 3 do check.equal(gone(others[i]), false) end
  item = nil
  for i = 1, 3 do check.equal(gone(others[i]), i == first, order .. " " .. i) end
  q:shutdown(true)  -- what is dropped is not kept either
  for i = 1, 3 do check.equal(gone(others[i]), true) end
end

-- Nor is what was handed to a getter that waited, or what a putter gave up.
local q = tm.queue { capacity = 1 }
local mine, other = tm.pipe()
local getter = tm.spawn(function() q:get() end)
tm.yield()
q:put { mine }
mine = nil
getter:await()
check.equal(gone(other), true)
q:put "full"
mine, other = tm.pipe()
check.equal({ q:try_put(mine) }, { nil, "full" })
check.equal({ q:put_timeout(0.001, mine) }, { nil, "timeout" })
mine = nil
check.equal(gone(other), true)

-- And a queue that is collected lets go of what is in it.
mine, other = tm.pipe()
q:get()
q:put(mine)
mine = nil
check.equal(gone(other), false)
q = nil
check.equal(gone(other), true)
