local tm, check = require "tidemill", require "_helper"

local main, is_main = coroutine.running()
check.equal({ type(main), is_main, coroutine.isyieldable() }, { "thread", true, false })
check.raises(function() coroutine.yield() end, "outside a coroutine")

local ch, co = tm.channel(), nil
co = coroutine.create(function()
  local self, base = coroutine.running()
  check.truthy(self == co and not base and coroutine.isyieldable())
  check.equal(coroutine.status(co), "running")
  ch:recv()
  return coroutine.yield "yielded"
end)
local driver = tm.spawn(function() return coroutine.resume(co) end)
tm.yield()
-- While it waits in a blocking call nobody else may touch it.
check.equal(coroutine.status(co), "running")
check.equal(coroutine.resume(co), false)
check.raises(function() coroutine.close(co) end, "cannot close a running coroutine")
ch:send(1)
check.equal({ driver:await() }, { true, "yielded" })
check.equal(coroutine.status(co), "suspended")
-- Another task may go on with it.
check.equal({ tm.spawn(coroutine.resume, co, "done"):await() }, { true, "done" })
check.equal(coroutine.status(co), "dead")
check.equal(coroutine.close(co), true)

local held = tm.mutex()
local closing = coroutine.create(function()
  local _ <close> = held:lock()
  coroutine.yield()
end)
coroutine.resume(closing)
check.equal({ coroutine.close(closing), held:locked() }, { true, false })
