local tm, check = require "tidemill", require "_helper"

local rw, readers, most, writing = tm.rwlock(), 0, 0, false
local tasks = {}
for i = 1, 6 do
  tasks[i] = tm.spawn(function()
    for _ = 1, 5 do
      if i % 3 == 0 then
        local _ <close> = rw:write()
        check.truthy(not writing and readers == 0)
        writing = true
        tm.yield()
        writing = false
      else
        local _ <close> = rw:read()
        check.truthy(not writing)
        readers = readers + 1
        most = math.max(most, readers)
        tm.yield()
        readers = readers - 1
      end
    end
  end)
end
for _, task in ipairs(tasks) do task:await() end
check.truthy(most > 1)
check.equal(tostring(rw), "rwlock free")
