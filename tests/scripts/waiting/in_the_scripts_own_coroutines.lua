-- A coroutine does not notice that it waits: create, wrap, resume and yield mean what they mean.
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel()
tm.spawn(function() for i = 1, 6 do tm.sleep(0.001) ch:send(i) end end)
local generator = coroutine.wrap(function(first)
  local got = first
  for _ = 1, 3 do
    got = coroutine.yield(got, ch:recv())
  end
  return "end"
end)
check.equal({ generator "a" }, { "a", 1 })
check.equal({ generator "b" }, { "b", 2 })
check.equal({ generator "c" }, { "c", 3 })
check.equal({ generator "d" }, { "end" })
check.raises(generator, "dead coroutine")

local outer = coroutine.create(function()
  local inner = coroutine.create(function()
    local value = ch:recv()
    coroutine.yield(value)
    error("deep " .. ch:recv(), 0)
  end)
  coroutine.yield(coroutine.resume(inner))
  return coroutine.resume(inner)
end)
check.equal({ coroutine.resume(outer) }, { true, true, 4 })
check.equal(coroutine.status(outer), "suspended")
check.equal({ coroutine.resume(outer) }, { true, false, "deep 5" })
check.equal(coroutine.status(outer), "dead")
check.equal(ch:recv(), 6)
