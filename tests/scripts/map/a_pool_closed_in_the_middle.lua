-- What was sent before is done and given; then the map raises closed.
local tm, check = require "tidemill", require "_helper"

for _, ordered in ipairs { true, false } do
  local pool = tm.pool { workers = 2 }
  local seen, closing = {}, nil
  local err = check.raises(function()
    for index in pool:map(function(n) return n end, 1000, { chunk = 2, ordered = ordered }) do
      seen[#seen + 1] = index
      if #seen == 5 then closing = tm.spawn(function() pool:close() end) tm.yield() end
    end
  end, "is closed")
  check.equal(err.kind, "closed")
  closing:await()
  check.truthy(#seen >= 5 and #seen < 100)
  if ordered then
    for i, index in ipairs(seen) do check.equal(index, i) end
  end
  check.raises(function() pool:map(print, 3):collect() end, "closed")
end
