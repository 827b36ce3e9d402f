-- The mutex cannot be taken again: its owner has ended. The wait raises `broken` without it.
local tm, check = require "tidemill", require "_helper"

local c = tm.condition()
local tasks = {}
for i = 1, 2 do
  tasks[i] = tm.spawn(pcall, function()
    local _ <close> = c:lock()
    c:wait()
  end)
end
tm.yield()
tm.spawn(function()
  c:lock()
  c:notify_all()
  for _ = 1, 3 do tm.yield() end  -- they stand at the mutex now
end):await()
for i = 1, 2 do
  local ok, err = tasks[i]:await(1000)
  check.equal({ ok, err.kind }, { false, "broken" })
end
c:repair()
c:unlock()
check.equal(c:locked(), false)

-- A task that ends with the mutex a wait gave back breaks it too.
tm.spawn(function()
  c:lock()
  c:wait(0.01)
end):await()
check.equal(check.raises(function() c:lock() end).kind, "broken")
