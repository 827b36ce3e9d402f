local tm, check = require "tidemill", require "_helper"

local done = tm.channel(2)
local pool = tm.pool { workers = 1 }
tm.spawn(function() tm.sleep(0.01) done:send "task" end)
pool:submit(function() tm.sleep(0.02) done:send "job" end)
pool = nil
for _ = 1, 3 do collectgarbage() end
local ended = { [done:recv()] = true, [done:recv()] = true }
check.equal(ended, { task = true, job = true })
