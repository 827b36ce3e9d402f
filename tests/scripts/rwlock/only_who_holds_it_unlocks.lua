local tm, check = require "tidemill", require "_helper"

local rw = tm.rwlock()
check.raises(function() rw:unlock() end, "only_who_holds_it_unlocks.lua:%d+: cannot unlock")
rw:read()
tm.spawn(function() check.raises(function() rw:unlock() end, "cannot unlock") end):await()
rw:unlock()
rw:write()
tm.spawn(function() check.raises(function() rw:unlock() end, "cannot unlock") end):await()
rw:unlock()
check.equal(tostring(rw), "rwlock free")
do
  local held <close> = rw:write()
  check.truthy(held == rw)
  rw:unlock()  -- the guard finds nothing left to do
end
check.equal(tostring(rw), "rwlock free")
local task = tm.spawn(function()
  local _ <close> = rw:read()
  tm.sleep(60)
end)
tm.yield()
task:cancel()
task:join()
check.equal(rw:try_write(), true)
rw:unlock()
