local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
local pool <close> = tm.pool { workers = 1 }
local ok, err = pool:submit(function() error(ch) end):join()
check.truthy(not ok and err == ch)
ok, err = pool:submit(function() local n = 5 error(function() return n end) end):join()
check.equal({ ok, err() }, { false, 5 })
ok, err = pool:submit(function() error(string.format) end):join()
check.truthy(not ok and err == string.format)
local co = coroutine.create(print)
ok, err = tm.spawn(error, co):join()
check.truthy(not ok and err == co, "on one worker nothing is copied")
