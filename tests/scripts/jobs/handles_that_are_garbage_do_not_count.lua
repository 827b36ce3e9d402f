-- Values of the engine have finalisers, so the collection that Lua does when memory is refused does
-- not give them back at once. A job that drops them meets no limit all the same, nor does the first
-- job after one that has left very many.
local tm, check = require "tidemill", require "_helper"
local pool <close> = tm.pool { workers = 1, memory_limit = 2 ^ 21 }

check.equal(pool:submit(function()
  local kept = {}
  for i = 1, 15000 do kept[i] = { i } end
  for _ = 1, 100000 do tm.event() end
  return #kept
end):await(), 15000)

for _ = 1, 5 do
  local ok, err = pool:submit(function()
    for _ = 1, math.huge do tm.spawn(tm.sleep, 100) end
  end):join()
  check.equal({ ok, err.kind }, { false, "limit" })
  check.equal(pool:submit(function() return "goes on" end):await(), "goes on")
end
