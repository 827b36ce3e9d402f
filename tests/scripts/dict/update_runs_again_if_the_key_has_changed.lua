local tm, check = require "tidemill", require "_helper"

local d, seen = tm.dict(), {}
d:set("k", "a")
local result = d:update("k", function(old)
  seen[#seen + 1] = tostring(old)
  if #seen == 1 then d:set("k", "b") end
  if #seen == 2 then d:delete "k" end
  if #seen == 3 then d:set("k", "c") end
  if #seen == 4 then d:set("k", "c") end  -- the same once more is a change, too
  d:set("other", #seen)
  return (old or "") .. "!"
end)
check.equal(seen, { "a", "b", "nil", "c", "c" })
check.equal({ result, d:get "k", d:get "other" }, { "c!", "c!", 5 })

-- One in the other.
check.equal(d:update("x", function() return d:update("y", function() return 1 end) + 1 end), 2)
check.equal({ d:get "x", d:get "y" }, { 2, 1 })
