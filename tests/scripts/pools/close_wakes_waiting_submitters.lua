local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1, queue = 1 }
local entered, go = tm.channel(1), tm.channel()
pool:submit(function()
  entered:send(1)
  local deadline = tm.now() + 1000
  repeat until go:try_recv() or tm.now() > deadline
end)
entered:recv()
local queued = pool:submit(function() return "queued before" end)
local submitters = {}
for i = 1, 3 do
  submitters[i] = tm.spawn(function()
    local ok, err = pcall(pool.submit, pool, print)
    return ok, err.kind
  end)
end
tm.yield()
local closer = tm.spawn(function() pool:close() end)
for i = 1, 3 do check.equal({ submitters[i]:await() }, { false, "closed" }) end
check.equal(closer:status(), "waiting")
go:send(1)
closer:await()
check.equal(queued:await(), "queued before")
