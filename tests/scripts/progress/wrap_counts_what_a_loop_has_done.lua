local tm, check = require "tidemill", require "_helper"

-- A list: its items, and its length is the total.
local bar, seen = tm.progress(), {}
for item in bar:wrap { "a", "b", "c" } do
  check.equal({ bar:count() }, { #seen, 3 })
  seen[#seen + 1] = item
end
check.equal(seen, { "a", "b", "c" })
check.equal(tostring(bar), "progress 3/3 closed")

-- An iterator with state, all its values.
bar, seen = tm.progress(2, "pairs"), {}
for key, value in bar:wrap(pairs { x = 1, y = 2 }) do seen[key] = value end
check.equal(seen, { x = 1, y = 2 })
check.equal(tostring(bar), 'progress "pairs" 2/2 closed')

-- Leaving early closes the bar, and what the loop would have closed.
local closed = 0
local guard = setmetatable({}, { __close = function() closed = closed + 1 end })
bar = tm.progress()
for i in bar:wrap(function(_, i) return (i or 0) + 1 end, nil, nil, guard) do
  if i == 4 then break end
end
check.equal(closed, 1)
check.equal(tostring(bar), "progress 3 closed")

-- What an iterator raises passes through; it may wait, as what a map gives does.
bar = tm.progress()
check.raises(function() for _ in bar:wrap(function() error("broken off", 0) end) do end end, "^broken off$")
check.equal(tostring(bar), "progress 0 closed")
local pool <close> = tm.pool { workers = 2 }
bar, seen = tm.progress(50), 0
for _, square in bar:wrap(pool:map(function(n) return n * n end, 50)) do seen = seen + square end
check.equal(seen, 42925)
check.equal(tostring(bar), "progress 50/50 closed")
for _ in tm.progress(0):wrap {} do error "nothing to do" end
