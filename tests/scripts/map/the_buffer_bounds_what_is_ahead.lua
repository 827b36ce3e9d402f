-- Never more than `buffer` items are taken from the source beyond those consumed.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, buffer in ipairs { 1, 2, 5, 16 } do
  local taken, consumed, most = 0, 0, 0
  local function endless()
    taken = taken + 1
    most = math.max(most, taken - consumed)
    return taken
  end
  for index in pool:map(function(n) return n end, endless, { buffer = buffer }) do
    consumed = index
    if index == 100 then break end
  end
  check.truthy(most <= buffer + 1, ("buffer %d: %d items ahead"):format(buffer, most))
end
-- Bounded without the option, too.
local taken = 0
for index in pool:map(function(n) return n end, function() taken = taken + 1 return taken end) do
  if index == 10 then break end
end
check.truthy(taken < 10000, "items taken: " .. taken)
