local tm, check = require "tidemill", require "_helper"

local q, ch, urgent = tm.queue(), tm.channel(1), tm.queue { order = "priority" }
local cases = { queue = q, channel = ch, urgent = urgent }
check.equal({ tm.select(cases, 0) }, { nil, "timeout" })
q:put { "item" }
local key, item = tm.select(cases)
check.equal({ key, item }, { "queue", { "item" } })
ch:send "message"
check.equal({ tm.select(cases) }, { "channel", "message" })
urgent:put("second", 2)
urgent:put("first", 1)
check.equal({ tm.select(cases) }, { "urgent", "first" })
check.equal({ tm.select(cases) }, { "urgent", "second" })
check.equal({ urgent:stats().unfinished, urgent:join(0) }, { 2, false })  -- they were taken

-- One that waits is served as a getter is, in its turn; what it lost stays.
local selecting, getting = tm.spawn(tm.select, cases), tm.spawn(q.get, q)
tm.yield()
check.equal(q:stats().getters_waiting, 2)
q:put(1)
q:put(2)
check.equal({ selecting:await() }, { "queue", 1 })
check.equal(getting:await(), 2)
check.equal({ urgent:stats().getters_waiting, ch:stats().receivers_waiting }, { 0, 0 })
local cancelled = tm.spawn(tm.select, cases)
tm.yield()
cancelled:cancel()
check.equal({ cancelled:join(), q:stats().getters_waiting }, { false, 0 })
q:shutdown()
check.equal({ tm.select { queue = q } }, { "queue", nil, "closed" })

-- Selects on several workers against plain getters.
local pool <close> = tm.pool { workers = 2 }
local a, b = tm.queue { capacity = 2 }, tm.queue { capacity = 1, order = "lifo" }
local function choose()
  local sum, open = 0, { a = a, b = b }
  while next(open) do
    local key, value = tm.select(open)
    if value then sum = sum + value else open[key] = nil end
  end
  return sum
end
local function take(queue)
  local sum = 0
  for value in queue do sum = sum + value end
  return sum
end
local takers = { pool:submit(choose), pool:submit(choose), pool:submit(take, a), pool:submit(take, b) }
local n = check.times(1000, 200)
for i = 1, n do
  a:put(i)
  b:put(i)
end
a:shutdown()
b:shutdown()
local sum = 0
for _, taker in ipairs(takers) do sum = sum + taker:await() end
check.equal(sum, n * (n + 1))
