local tm, check = require "tidemill", require "_helper"

for _ = 1, 20 do
  local ch = tm.channel(10)
  do
    local q = tm.queue()
    q:put "kept"
    setmetatable({ q = q }, { __gc = function(o) ch:try_send(o.q) end })
  end
  collectgarbage()
  collectgarbage()
  local q = ch:try_recv()
  if q then  -- the queue may have been finalised first
    check.equal(#q, 1)
    collectgarbage()
    check.equal(q:get(), "kept")
    ch:send(q)
    check.equal(ch:recv(), q)
  end
end

-- The finaliser of a handle does nothing when a script calls it.
local q = tm.queue()
local task = tm.spawn(function() return q:get() end)
tm.yield()
debug.getmetatable(q).__gc(q)
q:put(5)
check.equal(task:await(), 5)
check.raises(function() debug.getmetatable(q).__gc {} end, "engine object expected")
check.raises(function() debug.getmetatable(q).__gc(io.stdout) end, "engine object expected")
local file = debug.setmetatable(io.tmpfile(), debug.getmetatable(q))
check.raises(function() file:put(1) end, "queue expected")
debug.setmetatable(file, nil)
