local tm, check = require "tidemill", require "_helper"

for _, order in ipairs { "fifo", "lifo", "priority" } do
  local q = tm.queue { capacity = 3, order = order }
  check.equal({ q:capacity(), #q, q:is_closed() }, { 3, 0, false })
  check.equal({ q:try_get() }, { nil, "empty" })
  check.equal({ q:get(0) }, { nil, "timeout" })
  for i = 1, 3 do
    check.equal(q:try_put(i), true)
    check.equal(#q, i)
  end
  check.equal({ q:try_put(4) }, { nil, "full" })
  check.equal({ q:put_timeout(0, 4) }, { nil, "timeout" })
  check.equal({ q:put_timeout(0.01, 4) }, { nil, "timeout" })
  check.equal(#q, 3)
  local seen = {}
  for i = 2, 0, -1 do
    seen[q:try_get()] = true
    check.equal(#q, i)
    check.equal({ q:put(9), #q }, { true, i + 1 })  -- there is room again, exactly once
    q:get()
  end
  check.equal({ q:try_get() }, { nil, "empty" })
end
check.equal({ tm.queue():capacity(), tm.queue { capacity = math.huge }:capacity() }, { math.huge, math.huge })
