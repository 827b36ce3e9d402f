local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local o, file = tm.once(), io.tmpfile()
check.truthy(o:call(function() return file end) == file)
check.truthy(o:call(print) == file)
local ok, err = pool:submit(function() return o:call(print) end):join()
check.equal({ ok, err.kind }, { false, "transfer" })
check.truthy(tostring(err):find "result 1")
local failing = tm.once()
check.truthy(select(2, pcall(failing.call, failing, function() error(file) end)) == file)
ok, err = pool:submit(function() return failing:call(print) end):join()
check.equal({ ok, err.kind }, { false, "transfer" })
file:close()
