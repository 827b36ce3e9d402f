local tm, check = require "tidemill", require "_helper"

local mine = {}
local b = tm.barrier(3, { action = function() tm.yield() error(mine) end })
local tasks = {}
for i = 1, 2 do tasks[i] = tm.spawn(function() b:wait() end) end
tm.yield()
local ok, err = pcall(b.wait, b)
check.truthy(not ok and err == mine)
for i = 1, 2 do
  ok, err = tasks[i]:join(1000)
  check.equal({ ok, err.kind }, { false, "broken" })
end
check.equal({ check.raises(function() b:wait() end, "broken").kind, tostring(b) }, { "broken", "barrier broken" })
b:reset()
check.equal({ b:waiting(), tostring(b) }, { 0, "barrier 0/3 waiting" })

-- an error that is nil or false is one too
for _, none in ipairs { "nil", "false" } do
  local c = tm.barrier(1, { action = function() error(none == "false" and false or nil) end })
  check.equal(pcall(c.wait, c), false)
  check.equal(tostring(c), "barrier broken")
end
