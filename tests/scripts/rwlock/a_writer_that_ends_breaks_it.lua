-- Whoever waits and whoever comes later is told, by name and line, until it is repaired.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  for _, failing in ipairs { false, true } do
    local rw, go = tm.rwlock(), tm.event()
    local writer = start(function()
      rw:write()
      go:wait()
      if failing then error("given up", 0) end
    end)
    while tostring(rw) == "rwlock free" do tm.sleep(0.001) end
    local waiting = {}
    for i, how in ipairs { "read", "write", "try_read", "try_write" } do
      waiting[i] = tm.spawn(pcall, rw[how], rw, i > 2 and 60 or nil)
    end
    tm.yield()
    local failure = tm.spawn(writer.join, writer)
    tm.yield()
    go:set()
    check.equal(failure:await(), not failing)
    local told = "broken: task #" .. writer.id ..
      " ended without unlocking it, which it had locked at .*a_writer_that_ends_breaks_it%.lua:9$"
    for i = 1, 4 do
      local ok, err = waiting[i]:await()
      check.equal({ ok, err.kind }, { false, "broken" })
      check.truthy(err.message:find(told), err.message)
    end
    for _, how in ipairs { "read", "write", "try_read", "try_write" } do
      check.equal(check.raises(function() rw[how](rw) end, told).kind, "broken")
    end
    check.equal(tostring(rw), "rwlock broken")
    check.raises(function() rw:unlock() end, "cannot unlock")

    check.truthy(rw:repair() == rw)
    check.equal(tm.spawn(rw.try_read, rw):await(), false)
    check.raises(function() rw:repair() end, "cannot repair")
    rw:unlock()
    check.equal(rw:try_read(), true)
    rw:unlock()
  end
end

-- Nobody is told if nobody can be.
tm.spawn(function() tm.rwlock():write() end):await()
collectgarbage()
