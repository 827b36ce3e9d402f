local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe()
for _, timeout in ipairs { 0, -1, -math.huge, 0.005 } do check.equal(far:poll(timeout), false) end
check.equal(far:poll(), false)
for _, text in ipairs { "", "small", ("large"):rep(1 << 18) } do
  near:send(text)
  check.equal({ far:poll(), far:poll(0.001), far:poll(math.huge), near:poll() }, { true, true, true, false })
  check.equal(far:recv() == text, true)  -- it was not taken
  check.equal(far:poll(), false)
end
near:send(1)
near:send(2)
check.equal({ far:poll(), far:recv(), far:poll(), far:recv(), far:poll() }, { true, 1, true, 2, false })

-- It waits for a message, for as long as it may.
local poller = tm.spawn(function() return far:poll(math.huge), far:recv(0) end)
tm.yield()
check.equal(poller:status(), "waiting")
near:send "here"
check.equal({ poller:await() }, { true, "here" })
local before = tm.now()
check.equal(far:poll(0.05), false)
check.truthy(tm.now() - before >= 0.05)

-- A receiver that waits gets the message; who only polls goes on waiting.
local receiver = tm.spawn(far.recv, far)
poller = tm.spawn(far.poll, far, 60)
tm.yield()
near:send "for the receiver"
check.equal({ receiver:await(), poller:status() }, { "for the receiver", "waiting" })
-- And cancelled it takes nothing with it.
poller:cancel()
near:send "still there"
check.equal({ poller:join(), far:recv() }, { false, "still there" })

-- The end of the messages is something to receive as well.
poller = tm.spawn(far.poll, far, 60)
tm.yield()
near:close()
check.equal({ poller:await(), far:poll() }, { true, true })
check.equal({ far:recv() }, { nil, "closed" })
check.equal(near:poll(), true)  -- one's own
check.equal({ near:recv() }, { nil, "closed" })

-- From another worker.
local pool <close> = tm.pool { workers = 1 }
local mine, theirs = tm.pipe()
local job = pool:submit(function()
  local polled = theirs:poll(60)
  return polled, theirs:recv(0)
end)
mine:send "over there"
check.equal({ job:await() }, { true, "over there" })
