local tm, check = require "tidemill", require "_helper"

local rw = tm.rwlock()
local function kind(method, ...) return check.raises(function(...) rw[method](rw, ...) end, "already").kind end
rw:read()
check.equal(kind "write", "deadlock")
check.equal({ rw:try_write(), rw:try_write(0.01) }, { false, false })
local writer = tm.spawn(function()
  local _ <close> = rw:write()
  return "wrote"
end)
tm.yield()
rw:read()  -- at once, although a writer waits: that waits for this task
check.equal(rw:try_read(), true)
for _ = 1, 3 do
  check.equal(writer:status(), "waiting")
  rw:unlock()
end
check.equal(writer:await(), "wrote")
rw:write()
check.equal({ kind "write", kind "read", rw:try_read(), rw:try_write() }, { "deadlock", "deadlock", false, false })
rw:unlock()
check.equal(tostring(rw), "rwlock free")
