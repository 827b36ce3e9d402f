local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe { name = "talk" }
near:send(1)
near:send(2)
check.equal(tostring(near), 'pipe end "talk" 0/64 in, 2/64 out, open')
check.equal(tostring(far), 'pipe end "talk" 2/64 in, 0/64 out, open')
local receiver = tm.spawn(near.recv, near)
local poller = tm.spawn(near.poll, near, 60)
tm.yield()
check.equal(tostring(near), 'pipe end "talk" 0/64 in, 2/64 out, open, 1 receiver waiting')
check.truthy(tm.why(receiver):find 'waits for a message in pipe "talk"', tm.why(receiver))
check.truthy(tm.why(poller):find 'waits for a message in pipe "talk"', tm.why(poller))
near:close()
check.equal(tostring(near), 'pipe end "talk" 0/64 in, 2/64 out, closed')
check.equal(tostring(far), 'pipe end "talk" 2/64 in, 0/64 out, other end closed')
far:close()
check.equal(tostring(far), 'pipe end "talk" 0/64 in, 0/64 out, closed')

local from, to = tm.pipe { duplex = false, capacity = 1 }
to:send(1)
local sender = tm.spawn(to.send, to, 2)
tm.yield()
check.equal(tostring(from), "pipe end 1/1 in, open")
check.equal(tostring(to), "pipe end 1/1 out, open, 1 sender waiting")
check.truthy(tm.why(sender):find "waits for room in a pipe", tm.why(sender))
sender:cancel()
check.equal(tostring((tm.pipe { capacity = math.huge })), "pipe end 0/unbounded in, 0/unbounded out, open")
