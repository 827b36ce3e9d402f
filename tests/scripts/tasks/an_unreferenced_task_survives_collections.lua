local tm, check = require "tidemill", require "_helper"

local got = {}
local function start(n)
  local ch = tm.channel()
  for _ = 1, n do
    local inner = coroutine.wrap(function()
      local value = ch:recv()
      got[#got + 1] = value
    end)
    tm.spawn(function()
      local _ <close> = setmetatable({}, { __close = function() got[#got + 1] = "closed" end })
      inner()
    end)
  end
  return ch
end
local ch = start(20)
tm.yield()
for _ = 1, 4 do collectgarbage() end
check.equal(ch:stats().receivers_waiting, 20)
for _ = 1, 20 do
  ch:send(1)
  collectgarbage()
end
tm.yield()
check.equal(#got, 40)
-- Nobody can ever wake these: they are cancelled with their scope, and closed.
got = {}
tm.scope(function(scope)
  start(20)
  tm.yield()
  collectgarbage()
  collectgarbage()
  check.equal(#got, 0)
  scope:cancel()
end)
check.equal(#got, 20)
