-- stderr~ warning: task #%d+ .* has ended without giving back its token of a limiter, which it had taken at .*a_task_that_ends.lua:8
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, start in ipairs { tm.spawn, function(...) return pool:submit(...) end } do
  local l, go = tm.limiter(1), tm.event()
  local first = start(function()
    l:acquire()
    go:wait()
  end)
  while l:borrowed() == 0 do tm.sleep(0.001) end
  local second = tm.spawn(function()
    local _ <close> = l:acquire()
    return "had it"
  end)
  tm.yield()
  go:set()
  first:await()
  check.equal(second:await(), "had it")
  check.equal(l:borrowed(), 0)
end
tm.spawn(function() tm.limiter(1):acquire() end):await()
collectgarbage()
