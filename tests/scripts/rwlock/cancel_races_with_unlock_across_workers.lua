-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local rw = tm.rwlock()
for round = 1, 100 do
  rw:write()
  local jobs = {}
  for i = 1, 3 do
    jobs[i] = pool:submit(function(how)
      local _ <close> = rw[how](rw)
    end, (i + round) % 2 == 0 and "read" or "write")
  end
  tm.yield()
  rw:unlock()
  for i = 1, 2 do jobs[i]:cancel() end
  for i = 1, 3 do
    local ok, err = jobs[i]:join(1000)
    check.truthy(ok or err.kind == "cancelled", err)
  end
  check.equal(tostring(rw), "rwlock free")
end
