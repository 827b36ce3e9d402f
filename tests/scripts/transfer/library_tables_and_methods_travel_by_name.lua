local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local fs, read, locals = tm.fs, tm.fs.read, tm.locals
local path = arg[0]
check.equal({ pool:submit(function() return fs == tm.fs, #read(path) > 0, locals == tm.locals end):await() },
  { true, true, true })
check.equal(#pool:submit(tm.fs.read, path):await() > 0, true)
local e = tm.event()
e:set()
check.equal(pool:submit(e.wait, e):await(), true)
local m = tm.mutex()
check.equal(pool:submit(m.with, m, function() return 7 end):await(), 7)
check.equal(pool:submit(tm.current().done, tm.current()):await(), false)

-- Results that cannot be rebuilt here fail the wait as if the task had failed.
local Lost = { __transfer = function() return error, "cannot rebuild" end }
local job = pool:submit(function(lost) return lost end, 1)
check.equal(job:await(), 1)
local bad = pool:submit(function()
  return setmetatable({}, { __transfer = function() return error, "cannot rebuild" end })
end)
local ok, err = bad:join()
check.equal(ok, false)
check.truthy(tostring(err):find "cannot rebuild")
check.equal(bad:status(), "done")
check.raises(function() bad:await() end, "cannot rebuild")
local called
bad:on_done(function(t) called = t:status() end)
tm.yield()
tm.yield()
check.equal(called, "done")
check.equal(tm.any { bad, function() return "good" end }, "good")
check.equal(tm.settle({ bad })[1].ok, false)
