local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1, queue = 2 }
local entered, go = tm.channel(1), tm.channel()
local function spin_until_told()
  entered:send(1)
  local deadline = tm.now() + 1000
  repeat until go:try_recv() or tm.now() > deadline  -- keeps its worker
end
local running = pool:submit(spin_until_told)
entered:recv()
local queued = { pool:submit(select, 1, "a"), pool:submit(select, 1, "b") }
check.equal({ pool:try_submit(print) }, { nil, "full" })
check.equal(pool:stats().queued, 2)
local third
local submitter = tm.spawn(function() third = pool:submit(select, 1, "c") end)
tm.yield()
check.equal({ submitter:status(), third }, { "waiting" })
go:send(1)
submitter:await()
check.equal({ queued[1]:await(), queued[2]:await(), third:await() }, { "a", "b", "c" })
running:await()
check.equal(pool:try_submit(select, 1, "d"):await(), "d")
