local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
for _, failing_at in ipairs { 1, 2, 5 } do
  local pulled, seen = 0, {}
  local function source()
    pulled = pulled + 1
    if pulled == failing_at then error({ source = pulled }) end
    return pulled
  end
  local ok, err = pcall(function()
    for index, value in pool:map(function(n) return n end, source, { chunk = 2 }) do seen[index] = value end
  end)
  check.equal({ ok, err }, { false, { source = failing_at } })
  check.equal(#seen, failing_at - 1)
  while pool:stats().open > 0 do tm.sleep(0.001) end  -- the cancelled are thrown away
end
check.equal(pool:map(function(n) return n end, 3):collect(), { 1, 2, 3 })
