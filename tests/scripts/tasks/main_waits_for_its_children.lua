-- stdout: main
-- stdout: job
-- stdout: child
-- stdout: grandchild
local tm = require "tidemill"

local pool = tm.pool { workers = 1 }
local go, went = tm.channel(1), tm.channel(1)
pool:submit(function()
  go:recv()
  tm.sleep(0.01)
  print "job"
  went:send "on"
end)
tm.spawn(function()
  went:recv()
  print "child"
  tm.spawn(function() tm.sleep(0.01) print "grandchild" end)
end)
print "main"
go:send "on"
