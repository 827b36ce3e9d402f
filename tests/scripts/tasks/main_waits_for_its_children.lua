-- stdout: main
-- stdout: job
-- stdout: child
-- stdout: grandchild
local tm = require "tidemill"

local pool = tm.pool { workers = 1 }
pool:submit(function() print "job" end)
local log = tm.channel(1)
tm.spawn(function()
  log:recv()
  tm.sleep(0.05)
  print "child"
  tm.spawn(function() tm.sleep(0.01) print "grandchild" end)
end)
print "main"
log:send "go"
