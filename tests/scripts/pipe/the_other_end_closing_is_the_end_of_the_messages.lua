local tm, check = require "tidemill", require "_helper"

local near, far = tm.pipe { name = "talk" }
near:send(1)
near:send(2)
far:send "is dropped"
near:close()
near:close()
check.equal({ far:recv(), far:recv() }, { 1, 2 })
for _ = 1, 2 do
  check.equal({ far:recv() }, { nil, "closed" })
  check.equal({ far:recv(0) }, { nil, "closed" })
end
local err = check.raises(function() far:send(3) end, 'messages.lua:%d+: cannot send: the other end of pipe "talk" is closed')
check.equal(err.kind, "closed")
-- One's own end: nothing more comes out, and nothing goes in.
check.equal({ near:recv() }, { nil, "closed" })
check.equal(table.pack(near()), { nil, n = 1 })  -- as in a loop
err = check.raises(function() near:send(3) end, 'cannot send: this end of pipe "talk" is closed')
check.equal(err.kind, "closed")
far:close()
check.raises(function() far:send(3) end, "this end of pipe")

-- Those who wait hear of it.
for _, how in ipairs { "other", "own" } do
  local left, right = tm.pipe { capacity = 1 }
  right:send "full"
  local sender = tm.spawn(function() return pcall(right.send, right, "lost") end)
  local receiver = tm.spawn(right.recv, right, how == "own" and 60 or nil)
  local loop = tm.spawn(function() for _ in right do end return "ended" end)
  tm.yield()
  if how == "own" then right:close() else left:close() end
  local ok, problem = sender:await()
  check.equal({ ok, problem.kind }, { false, "closed" })
  check.truthy(problem.message:find(how == "own" and "this end" or "the other end"), problem.message)
  check.equal({ receiver:await() }, { nil, "closed" })
  check.equal(loop:await(), "ended")
  check.equal({ left:recv() }, how == "own" and { "full" } or { nil, "closed" })
end
