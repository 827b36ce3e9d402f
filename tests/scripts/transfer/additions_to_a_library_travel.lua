-- What differs from the pristine libraries is script-defined, also a field of a library.
local tm, check = require "tidemill", require "_helper"

function string.trim(s) return (s:match "^%s*(.-)%s*$") end
function table.sum(t)
  local sum = 0
  for _, n in ipairs(t) do sum = sum + n end
  return sum
end
local pool <close> = tm.pool { workers = 1 }
check.equal(pool:submit(function() return string.trim "  a " end):await(), "a")
check.equal(pool:submit(function() return table.sum { 1, 2, 3 } end):await(), 6)
check.equal(pool:submit(function() return ("  b "):trim() end):await(), "b")
