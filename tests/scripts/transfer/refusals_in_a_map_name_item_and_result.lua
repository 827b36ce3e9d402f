local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local file = io.tmpfile()
local err = check.raises(function()
  pool:map(function(x) return x end, { 1, 2, { log = file } }):collect()
end, "cannot send item 3.log: a file")
check.equal(err.kind, "transfer")
err = check.raises(function()
  pool:map(function(x) return x, x == 2 and coroutine.create(print) end, 3, { chunk = 3 }):collect()
end, "cannot send result 2.*coroutine")
check.equal(err.kind, "transfer")
err = check.raises(function() pool:map(function() return file end, 3) end, "the function: .*captures 'file'")
check.equal(pool:map(function(x) return x end, 3):collect(), { 1, 2, 3 })
