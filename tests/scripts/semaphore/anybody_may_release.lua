local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local s = tm.semaphore(1)
s:acquire()
tm.spawn(function() s:release() end):await()
check.equal(s:value(), 1)
s:acquire()
pool:submit(function() s:release(2) end):await()
check.equal(s:value(), 2)
