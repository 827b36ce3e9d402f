-- repeat: 5
local tm, check = require "tidemill", require "_helper"

for i = 1, 60 do
  local pool = tm.pool { workers = 1 + i % 3 }
  local task = pool:submit(function(n) return n end, i)
  if i % 2 == 0 then pool:close() end
  pool = nil
  if i % 5 == 0 then collectgarbage() end
  check.equal(task:await(), i)
end
