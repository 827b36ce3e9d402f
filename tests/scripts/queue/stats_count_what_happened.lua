local tm, check = require "tidemill", require "_helper"

local q = tm.queue { capacity = 3 }
local function all(expected)
  check.equal(q:stats(), expected)
end
all { length = 0, capacity = 3, peak = 0, put = 0, got = 0, dropped = 0, unfinished = 0,
      getters_waiting = 0, putters_waiting = 0, joiners_waiting = 0 }
for i = 1, 3 do q:put(i) end
q:get()
q:get()
q:task_done()
q:put(4)
all { length = 2, capacity = 3, peak = 3, put = 4, got = 2, dropped = 0, unfinished = 3,
      getters_waiting = 0, putters_waiting = 0, joiners_waiting = 0 }
local tasks = { tm.spawn(q.join, q), tm.spawn(q.put, q, 5), tm.spawn(q.put, q, 6) }
tm.yield()
all { length = 3, capacity = 3, peak = 3, put = 5, got = 2, dropped = 0, unfinished = 4,
      getters_waiting = 0, putters_waiting = 1, joiners_waiting = 1 }
tasks[3]:cancel()
q:shutdown(true)
q:task_done()
check.equal(tasks[1]:await(), true)
all { length = 0, capacity = 3, peak = 3, put = 5, got = 2, dropped = 3, unfinished = 0,
      getters_waiting = 0, putters_waiting = 0, joiners_waiting = 0 }
check.equal(tm.queue():stats().capacity, math.huge)
