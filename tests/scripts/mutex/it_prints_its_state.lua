local tm, check = require "tidemill", require "_helper"

local m = tm.mutex { name = "ledger" }
check.truthy(tostring(m):find '^mutex "ledger"')
check.truthy(tostring(m):find "free")
m:lock()
tm.spawn(function() m:with(function() end) end)
tm.yield()
check.truthy(tostring(m):find "task #%d+" and tostring(m):find "1 waiting", tostring(m))
m:unlock()
check.truthy(tostring(tm.mutex()):find "^mutex")
local set = { [m] = true }
local carrier = tm.channel(1)
carrier:send(m)
check.truthy(set[carrier:recv()])
