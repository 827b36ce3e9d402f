-- timeout counts from the call of map: then the rest is cancelled, and the error says how far it came.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function check_all_end()
  while pool:stats().open > 0 do tm.sleep(0.001) end
end
local function check_timeout(fn, pattern)
  local err = check.raises(fn, pattern)
  check.equal(err.kind, "timeout")
  check_all_end()
  return err
end

-- Jobs that wait, that compute, and that wait where nothing else could stop them.
local begun = tm.atomic(0)
for _, ordered in ipairs { true, false } do
  for name, work in pairs {
    waits = function() tm.sleep(60) end,
    computes = function() while true do end end,
  } do
    local seen = {}
    local err = check_timeout(function()
      for index in pool:map(function(n)
        begun:add(1)
        if n > 3 then work() end
      end, 100, { timeout = 0.1, chunk = 1, ordered = ordered }) do seen[#seen + 1] = index end
    end, "map: %d of 100 items done after 0.1 s")
    check.equal(#seen, tonumber(err.message:match "(%d+) of"), name)
    check.truthy(#seen <= 3, name)
  end
end
local count = begun:get()
tm.sleep(0.01)
check.equal(begun:get(), count, "nothing starts afterwards")

-- The items of a chunk before the one that takes too long are not given any more: it did not end.
check_timeout(function()
  pool:map(function(n) if n == 5 then tm.sleep(60) end end, 10, { timeout = 0.05, chunk = 10 }):collect()
end, "map: 0 of 10 items done")

-- While the source waits.
local ch, gate = tm.channel(), tm.event()
for _, source in pairs {
  ch,
  function() gate:wait() end,
  function() while true do end end,
  tm.queue(),
} do
  check_timeout(function() pool:map(tostring, source, { timeout = 0.05 }):collect() end,
    "map: 0 of an unknown number of items done after 0.05 s")
end
-- While the consumer is busy with something else: the work stops without it.
local map = pool:map(function(n) if n > 1 then while true do end end return n end, 3, { timeout = 2, chunk = 1 })
check.equal({ map() }, { 1, 1 })
check_all_end()
check_timeout(map, "map: 1 of 3 items")
check.equal(map(), nil)

-- Items go on being delivered until then only.
check_timeout(function()
  for _ in pool:map(tostring, 1000, { timeout = 0.02 }) do tm.sleep(0.005) end
end, "of 1000 items done")
for _, seconds in ipairs { 0, -1 } do
  check_timeout(function() pool:map(tostring, 3, { timeout = seconds }):collect() end, "map: 0 of 3 items done")
end
-- An error of fn that looks like it is not it.
local err = check.raises(function()
  pool:map(function() tm.timeout(0.001, tm.sleep, 60) end, 3, { timeout = 60 }):collect()
end, "timeout block")
check.equal(err.kind, "timeout")
check.equal(pool:map(tostring, 3, { timeout = 60 }):collect(), { "1", "2", "3" })
check.equal(pool:map(tostring, 3, { timeout = math.huge }):collect(), { "1", "2", "3" })
