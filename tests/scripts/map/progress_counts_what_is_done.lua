-- The bar of a map counts items that the workers have done, and is closed on every way out.
local tm, check = require "tidemill", require "_helper"

local bars, make = {}, tm.progress
function tm.progress(...)
  bars[#bars + 1] = make(...)
  return bars[#bars]
end
local function bar() return tostring(bars[#bars]) end

local pool <close> = tm.pool { workers = 2 }
local function identity(n) return n end
pool:map(identity, 1000, { progress = true }):collect()
check.equal(bar(), "progress 1000/1000 closed")
pool:map(identity, { 1, 2, 3 }, { progress = "items", ordered = false }):each(print)
check.equal(bar(), 'progress "items" 3/3 closed')

-- The total of an iterator is known at its end.
local i = 0
pool:map(identity, function() i = i + 1 return i <= 50 and i or nil end, { progress = "lines" }):collect()
check.equal(bar(), 'progress "lines" 50/50 closed')
pool:map(identity, function() end, { progress = "none" }):collect()
check.equal(bar(), 'progress "none" 0/0 closed')

-- It is there while the map is consumed, and only then.
local count = #bars
do
  local map <close> = pool:map(identity, 10, { progress = "some", chunk = 2 })
  check.equal(#bars, count)
  map()
  check.truthy(bar():find 'progress "some" %d+/10 open')
end
check.truthy(bar():find "closed")

-- Leaving early, errors of fn, of the source and of the loop, a timeout, a cancellation.
local function check_closed(fn)
  local before = #bars
  local ok, err = pcall(fn)
  check.equal(#bars, before + 1, tostring(err))
  check.truthy(bar():find "closed", bar())
end
check_closed(function()
  for index in pool:map(identity, 10, { progress = true }) do
    if index == 3 then break end
  end
end)
check_closed(function() pool:map(error, { "x" }, { progress = true }):collect() end)
check_closed(function() pool:map(identity, error, { progress = true }):collect() end)
check_closed(function() pool:map(identity, 3, { progress = true }):each(error) end)
check_closed(function() pool:map(tm.sleep, { 60 }, { progress = true, timeout = 0.02 }):collect() end)
check_closed(function()
  local before = #bars
  local task = tm.spawn(function() pool:map(tm.sleep, { 60 }, { progress = true }):collect() end)
  while #bars == before do tm.sleep(0.001) end
  task:cancel()
  task:join()
end)
-- Failed items that are returned are done as well.
pool:map(error, 5, { progress = true, errors = "return" }):collect()
check.equal(bar(), "progress 5/5 closed")
