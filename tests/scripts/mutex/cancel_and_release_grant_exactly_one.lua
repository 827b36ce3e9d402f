-- In one turn: unlock then cancel gives it to the cancelled one, who frees it; cancel then unlock to
-- the next. Either way it is free at the end.
local tm, check = require "tidemill", require "_helper"

for _, release_first in ipairs { true, false } do
  local m, got = tm.mutex(), {}
  m:lock()
  local tasks = {}
  for i = 1, 2 do
    tasks[i] = tm.spawn(function()
      local _ <close> = m:lock()
      got[#got + 1] = i
      tm.yield()
    end)
  end
  tm.yield()
  if release_first then
    m:unlock()
    tasks[1]:cancel()
  else
    tasks[1]:cancel()
    m:unlock()
  end
  tasks[1]:join()
  check.equal(tasks[1]:status(), "cancelled")
  tasks[2]:await()
  check.equal(got, release_first and { 1, 2 } or { 2 })
  check.equal(m:try_lock(), true)
  m:unlock()
end
