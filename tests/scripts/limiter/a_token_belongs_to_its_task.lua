local tm, check = require "tidemill", require "_helper"

local l = tm.limiter(2)
check.raises(function() l:release() end, "a_token_belongs_to_its_task.lua:%d+:.*holds no token")
do
  local held <close> = l:acquire()
  check.truthy(held == l)
  tm.spawn(function() check.raises(function() l:release() end, "no token") end):await()
  check.equal(check.raises(function() l:acquire() end, "already").kind, "deadlock")
  check.equal({ l:try_acquire(), l:try_acquire(0.01) }, { false, false })
  check.equal({ l:borrowed(), l:total() }, { 1, 2 })
end
check.equal(l:borrowed(), 0)
do
  local _ <close> = l:acquire()
  l:release()
end
check.equal(l:borrowed(), 0)
local task = tm.spawn(function()
  local _ <close> = l:acquire()
  tm.sleep(60)
end)
tm.yield()
check.equal(l:borrowed(), 1)
task:cancel()
task:join()
check.equal(tostring(l), "limiter 0 of 2 borrowed, 0 waiting")
