-- The __gc of an iterator, called by the script: with something else, twice, while the iterator is in
-- use, and the iterator used afterwards. An error or nothing, never a crash.
local tm, check = require "tidemill", require "_helper"

local function iterators(path)
  local _, walker
  local walk = tm.fs.walk "/proc/self"
  for i = 1, 9 do  -- whichever of its variables the walker is
    local _, value = debug.getupvalue(walk, i)
    if type(value) == "userdata" then walker = value end
  end
  return { lines = tm.fs.lines(path), walker = check.truthy(walker) }
end

for name, iterator in pairs(iterators "/proc/self/status") do
  check.equal(getmetatable(iterator), false, name)
  local meta = debug.getmetatable(iterator)
  for _, wrong in ipairs { io.stdout, {}, 1, "x", tm.event(), print } do
    check.raises(function() meta.__gc(wrong) end, "expected", name)
  end
  check.raises(function() meta.__gc() end, "expected", name)
  check.truthy(iterator(), name)
  meta.__gc(iterator)
  check.raises(function() meta.__gc(iterator) end, "expected", name)
  check.raises(function() iterator() end, "call a", name)
  check.raises(function() meta.__call(iterator) end, "expected", name)
  if meta.__close then check.raises(function() meta.__close(iterator) end, "expected", name) end
end

for name, iterator in pairs(iterators "/dev/zero") do  -- whose first line has no end
  local reader = tm.spawn(function() iterator() end)
  tm.yield()
  debug.getmetatable(iterator).__gc(iterator)
  check.raises(function() reader:await() end, "collected", name)
end
