-- repeat: 10
local tm, check = require "tidemill", require "_helper"

for _, options in ipairs { {}, { cancel = true }, { cancel = true, timeout = 5 } } do
  local pool = tm.pool { workers = 1, queue = 4 }
  local jobs = {}
  for i = 1, 4 do jobs[i] = pool:submit(tm.sleep, 60) end
  for i = 1, 4 do jobs[i]:cancel() end
  pool:close(options)
  check.equal(pool:stats().open, 0)
end
