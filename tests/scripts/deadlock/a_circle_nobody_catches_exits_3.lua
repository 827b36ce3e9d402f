-- exit: 3
-- stderr~ deadlock: each of these waits for the next
local tm = require "tidemill"

local pool = tm.pool { workers = 1 }
local mutex = tm.mutex()
mutex:lock()
local job = pool:submit(function() mutex:lock() end)
repeat tm.yield() until tostring(mutex):find "1 waiting"
job:await()
