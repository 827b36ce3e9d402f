local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function failure(fn)
  local ok, err = pool:submit(fn):join()
  check.equal(ok, false)
  return err
end
local err = failure(function() return 1, { co = coroutine.create(print) } end)
check.equal(err.kind, "transfer")
check.truthy(tostring(err):find("cannot send result 2.co: a coroutine", 1, true), tostring(err))
err = failure(function() return io.tmpfile() end)
check.truthy(tostring(err):find("cannot send result 1: a file", 1, true), tostring(err))
err = failure(function() error { code = 5, where = io.tmpfile() } end)
check.truthy(tostring(err):find("where: a file", 1, true), tostring(err))
err = failure(function() error(coroutine.create(print)) end)
check.truthy(tostring(err):find("coroutine", 1, true), tostring(err))
check.equal(pool:submit(function() return "usable" end):await(), "usable")
