-- stderr~ warning: task #%d+ .* has ended without giving back a rwlock it read under, which it had taken at .*a_task_that_ends.lua:9
-- stderr~ had taken at .*ends.lua:10
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  local rw, go = tm.rwlock(), tm.event()
  local readers = {
    start(function() rw:read() rw:read() go:wait() end),
    start(function() rw:read() go:wait() end),
  }
  while not tostring(rw):find "2 tasks" do tm.sleep(0.001) end
  local writer = tm.spawn(function()
    local _ <close> = rw:write()
    return "wrote"
  end)
  tm.yield()
  go:set()
  check.equal(writer:await(), "wrote")
  check.equal({ readers[1]:join(), (readers[2]:join()) }, { true, true })
  check.equal(tostring(rw), "rwlock free")
end
tm.spawn(function() tm.rwlock():read() end):await()
collectgarbage()
