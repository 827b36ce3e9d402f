local tm, check = require "tidemill", require "_helper"

local l = tm.latch(2)
for round = 1, 3 do
  local released, tasks = 0, {}
  for i = 1, 4 do
    tasks[i] = tm.spawn(function()
      check.equal(l:wait(), true)
      released = released + 1
    end)
  end
  tm.yield()
  check.equal({ l:count(), l:wait(0) }, { 2, false })
  l:done()
  tm.yield()
  check.equal({ l:count(), released }, { 1, 0 })
  l:done()
  for i = 1, 4 do tasks[i]:await() end
  check.equal({ l:count(), released, l:wait(), l:wait(0) }, { 0, 4, true, true })
  l:add()
  l:add(1)
end
l:add(0)
l:done(0)
l:done(2)
check.equal(tm.latch():wait(), true)
