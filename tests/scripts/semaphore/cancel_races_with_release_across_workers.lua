-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local s = tm.semaphore(0)
for _ = 1, 100 do
  local waiting = {}
  for i = 1, 3 do
    waiting[i] = pool:submit(function()
      local _ <close> = s:acquire()
    end)
  end
  tm.yield()
  s:release()
  for i = 1, 2 do waiting[i]:cancel() end
  for i = 1, 3 do
    local ok, err = waiting[i]:join(1000)
    check.truthy(ok or err.kind == "cancelled", err)
  end
  check.equal(s:value(), 1)
  s:acquire()
end
