local tm, check = require "tidemill", require "_helper"

local s = tm.semaphore(2, { name = "db" })
check.equal(tostring(s), 'semaphore "db" 2 free, 0 waiting')
check.equal(tostring(tm.semaphore(0)), "semaphore 0 free, 0 waiting")
local carrier, set = tm.channel(1), { [s] = true }
carrier:send(s)
check.truthy(set[carrier:recv()])
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(a, b) a:acquire() return a == b and a end, s, s):await() == s)
check.equal(s:value(), 1)
