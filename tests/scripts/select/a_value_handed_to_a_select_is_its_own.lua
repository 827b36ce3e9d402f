-- Between the hand-over and the select's next step nobody else gets it; a freed place is its own
-- likewise; a cancel that comes later does not take it away.
local tm, check = require "tidemill", require "_helper"

for capacity = 0, 1 do
  local ch, never = tm.channel(capacity), tm.channel()
  local selecting = tm.spawn(function() return tm.select { never, ch } end)
  tm.yield()
  ch:send "handed"
  check.equal({ tm.select({ ch }, 0) }, { nil, "timeout" })
  check.equal({ ch:try_recv() }, { nil, "empty" })
  check.equal({ selecting:await() }, { 2, "handed" })
end

local ch, never = tm.channel(1), tm.channel()
ch:send "first"
local sender = tm.spawn(function() return tm.select { never, ch:sending "second" } end)
tm.yield()
check.equal(ch:recv(), "first")
check.equal({ tm.select({ ch:sending "third" }, 0) }, { nil, "timeout" })
check.equal({ sender:await() }, { 2, true })
check.equal(ch:recv(), "second")

local got
local cancelled = tm.spawn(function()
  got = table.pack(tm.select { never, ch })
  tm.yield()
  error "the cancel is raised by the next blocking call"
end)
tm.yield()
ch:send "delivered"
check.truthy(cancelled:cancel())
check.equal(cancelled:join(), false)
check.equal(cancelled:status(), "cancelled")
check.equal(got, table.pack(2, "delivered"))
