-- The place in the queue was granted before the cancel came: the job is then a cancelled child.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1, queue = 1 }
local gate, entered, left = tm.channel(), tm.channel(1), tm.channel(1)
pool:submit(function()
  entered:send(1)
  gate:recv()
end)
entered:recv()
-- Fills the queue; when it starts, its place passes to the waiting submitter.
local filler = pool:submit(function() left:send(1) end)
local submitter = tm.spawn(function()
  pool:submit(function() tm.sleep(60) end)
end)
tm.yield()
gate:send(1)
repeat until #left == 1  -- this worker does not switch while the other one takes the filler out
submitter:cancel()
local ok, err = submitter:join(1000)
check.truthy(ok ~= nil, "the submitter never ends")
filler:await()
