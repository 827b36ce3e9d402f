-- Level-triggered: a caught cancel is raised again by every blocking call; cleanup still runs.
local tm, check = require "tidemill", require "_helper"

local kinds, cleaned = {}, false
local task = tm.spawn(function()
  local _ <close> = setmetatable({}, { __close = function() cleaned = true end })
  for i = 1, 3 do
    local ok, err = pcall(tm.sleep, i == 1 and 60 or 0)
    kinds[i] = ok or err.kind
  end
  local ok, err = pcall(tm.yield)
  kinds[4] = ok or err.kind
  return "ended on its own"
end)
tm.yield()
task:cancel()
task:cancel()
check.equal({ task:join() }, { true, "ended on its own" })
check.equal(kinds, { "cancelled", "cancelled", "cancelled", "cancelled" })
check.equal(cleaned, true)
