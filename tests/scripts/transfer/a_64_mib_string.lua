local tm, check = require "tidemill", require "_helper"

local big = ("0123456789abcdef"):rep(4 * 1024 * 1024)
local pool <close> = tm.pool { workers = 1 }
local length, copy = pool:submit(function(text) return #text, text end, big):await()
check.equal(length, 64 * 1024 * 1024)
check.truthy(copy == big)
local ch = tm.channel(1)
ch:send { big }
check.truthy(ch:recv()[1] == big)
