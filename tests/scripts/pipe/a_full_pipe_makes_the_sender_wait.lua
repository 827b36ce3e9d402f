local tm, check = require "tidemill", require "_helper"

for _, capacity in ipairs { 1, 3, 64 } do
  local near, far = tm.pipe { capacity = capacity ~= 64 and capacity or nil }  -- the default
  local sent = 0
  local sender = tm.spawn(function()
    for i = 1, capacity + 2 do
      near:send(i)
      sent = i
    end
  end)
  tm.yield()
  check.equal({ sent, sender:status() }, { capacity, "waiting" })
  far:send "the other direction has its own room"
  check.equal(far:recv(), 1)
  tm.yield()
  check.equal(sent, capacity + 1)
  for i = 2, capacity + 2 do check.equal(far:recv(), i) end
  sender:await()
end
local near = tm.pipe { capacity = math.huge }
for i = 1, 1000 do near:send(i) end

-- A sender that is cancelled, or whose time is up, has sent nothing and is in nobody's way.
local left, right = tm.pipe { capacity = 1 }
left:send "first"
local cancelled, next_one = tm.spawn(left.send, left, "cancelled"), tm.spawn(left.send, left, "next")
tm.yield()
cancelled:cancel()
check.equal(cancelled:join(), false)
check.raises(function() tm.timeout(0.01, left.send, left, "late") end, "not done after")
check.equal({ right:recv(), right:recv(), right:recv(0) }, { "first", "next", nil, "timeout" })
next_one:await()
