local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local meet, answer = tm.channel(), tm.channel()
-- Neither can end without the other; both states differ from this one.
local a = pool:submit(function() meet:send "hello" return answer:recv() end)
local b = pool:submit(function() local word = meet:recv() answer:send(word .. " back") return word end)
check.equal({ a:await(), b:await() }, { "hello back", "hello" })
local list = { 1 }
check.equal(pool:submit(function(l) l[1] = 2 return l[1] end, list):await(), 2)
check.equal(list[1], 1)
check.truthy(tostring(pool):find "2 workers open", tostring(pool))
