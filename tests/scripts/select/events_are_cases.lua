-- An event that is set is ready and stays so; of one that is not, exactly the waiting are told.
local tm, check = require "tidemill", require "_helper"

local never, event = tm.channel(), tm.event()
check.equal({ tm.select({ never, event }, 0) }, { nil, "timeout" })
check.equal({ tm.select({ never, event }, 0.01) }, { nil, "timeout" })
check.truthy(tostring(event):find ", 0 waiting")

local first = tm.spawn(tm.select, { never, ready = event })
local both = tm.spawn(tm.select, { event, event })
tm.yield()
check.truthy(tostring(event):find ", 3 waiting", tostring(event))
event:set()
event:clear()
check.equal({ first:await() }, { "ready", event })
local key, same = both:await()
check.truthy((key == 1 or key == 2) and same == event)
check.equal(tostring(event), "event not set, 0 waiting")
check.equal(never:stats().receivers_waiting, 0)

event:set()
check.equal({ tm.select { never, event } }, { 2, event })
check.equal({ tm.select({ stop = event }, 0) }, { "stop", event })

event:clear()
local cancelled = tm.spawn(tm.select, { never, event })
tm.yield()
cancelled:cancel()
check.equal(cancelled:join(), false)
check.equal(tostring(event), "event not set, 0 waiting")

-- From another worker, against channels that compete.
local pool <close> = tm.pool { workers = 2 }
local work, stop, started = tm.channel(4), tm.event(), tm.latch(2)
local function consume()
  local count = 0
  started:done()
  while tm.select { work = work, stop = stop } == "work" do count = count + 1 end
  return count
end
local consumers = { pool:submit(consume), pool:submit(consume) }
started:wait()
for i = 1, 200 do work:send(i) end
while #work > 0 do tm.yield() end
stop:set()
check.equal(consumers[1]:await() + consumers[2]:await(), 200)
