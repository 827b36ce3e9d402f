-- Exactly `buffer` items are taken from the source beyond those consumed.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, ordered in ipairs { true, false } do
  for _, chunk in ipairs { false, 1, 3, 50 } do
    for _, buffer in ipairs { 1, 2, 5, 16 } do
      local taken, consumed, most = 0, 0, 0
      local function endless()
        taken = taken + 1
        most = math.max(most, taken - consumed)
        return taken
      end
      for _ in pool:map(function(n) return n end, endless, { buffer = buffer, chunk = chunk or nil, ordered = ordered }) do
        consumed = consumed + 1
        if consumed == 100 then break end
      end
      check.equal(most, buffer)
    end
  end
end
-- Nothing is taken before it is consumed, and it is bounded without the option, too.
local taken = 0
local map = pool:map(function(n) return n end, function() taken = taken + 1 return taken end)
check.equal(taken, 0)
for index in map do
  if index == 10 then break end
end
check.truthy(taken < 10000, "items taken: " .. taken)
