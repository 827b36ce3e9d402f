-- The debug library lets a script take the handle away from a call that waits, and with it the last
-- one. Seen by an address sanitizer if anywhere.
local tm, check = require "tidemill", require "_helper"

local waits = {
  recv = function() return tm.channel():recv() end,
  send = function() return tm.channel():send(1) end,
  get = function() return tm.queue():get() end,
  join = function()
    local queue = tm.queue()
    queue:put(1)
    return queue:join()
  end,
  event = function() return tm.event():wait() end,
  latch = function() return tm.latch(1):wait() end,
  pipe = function() return (tm.pipe()):recv() end,
  poll = function() return (tm.pipe()):poll(math.huge) end,
  select = function()
    return tm.select { tm.channel(), tm.queue(), tm.event(), tm.channel():sending(1), (tm.pipe()) }
  end,
}

for name, wait in pairs(waits) do
  local thread
  local task = tm.spawn(function()
    thread = coroutine.running()
    wait()
  end)
  tm.yield()
  for level = 0, 2 do
    for index = 1, 40 do pcall(debug.setlocal, thread, level, index, nil) end
  end
  collectgarbage()
  collectgarbage()
  local others = {}  -- where it was
  for i = 1, 200 do others[i] = { tm.channel(), tm.queue(), tm.event(), tm.latch(1) } end
  task:cancel()
  task:join()
  check.truthy(task:done(), name)
end
