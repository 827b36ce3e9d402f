local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function identity(x) return x end

-- Handles that are no source of items.
for name, items in pairs {
  dict = tm.dict(), task = tm.spawn(identity), event = tm.event(),
  ["FILE*"] = io.stdout,
} do
  local pattern = "errors_name_no_line_of_ours.lua:%d+: bad argument #2 to 'map' .* got " .. name:gsub("%*", "%%*")
  check.raises(function() local _ = pool:map(identity, items) end, pattern)
end

-- C functions, which blame their caller.
check.equal(tostring(check.raises(function() pool:map(string.rep, { {} }):collect() end)),
  "bad argument #1 to the mapped function (string expected, got table)")
check.equal(tostring(check.raises(function() pool:map(identity, string.upper):collect() end)),
  "bad argument #1 to the iterator (string expected, got no value)")
-- Those that carry the line of a script keep it.
check.raises(function() pool:map(function() error "mine" end, 1):collect() end, "^[^%[].*ours.lua:%d+: mine$")
