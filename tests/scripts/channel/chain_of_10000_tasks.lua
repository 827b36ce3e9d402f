-- A value passes through 10 000 tasks; afterwards memory is back where it was.
local tm, check = require "tidemill", require "_helper"

local function pass_through(length)
  local first = tm.channel()
  local source, tasks = first, {}
  for i = 1, length do
    local from, to = source, tm.channel()
    tasks[i] = tm.spawn(function() to:send(from:recv() + 1) end)
    source = to
  end
  first:send(0)
  check.equal(source:recv(), length)
  for i = 1, length do check.equal(tasks[i]:join(), true) end
end

local function used()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count"
end

pass_through(10000)
local before = used()
for _ = 1, 3 do pass_through(10000) end
local grown = used() - before
check.truthy(grown < 500, ("%.0f KiB more are in use"):format(grown))
