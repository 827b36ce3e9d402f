-- repeat: 20
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local m = tm.mutex()
for _ = 1, 40 do
  m:lock()
  local waiting = {}
  for i = 1, 3 do
    waiting[i] = pool:submit(function()
      local _ <close> = m:lock()
    end)
  end
  tm.yield()
  m:unlock()
  for i = 1, 2 do waiting[i]:cancel() end
  for i = 1, 3 do
    local ok, err = waiting[i]:join(1000)
    check.truthy(ok or err.kind == "cancelled", err)
  end
  check.equal(m:locked(), false)
end
