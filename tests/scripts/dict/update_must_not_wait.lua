local tm, check = require "tidemill", require "_helper"

local d, ch = tm.dict(), tm.channel(1)
d:set("k", 1)
for _, wait in ipairs {
  function() tm.sleep(0) end, tm.yield, function() ch:recv() end,
  function() coroutine.wrap(tm.yield)() end,
} do
  check.raises(function() d:update("k", function(old) wait() return old + 1 end) end,
    "update_must_not_wait.lua:%d+: cannot wait here: .*dict:update")
end
check.raises(function() d:update("k", coroutine.yield) end)
check.equal(d:get "k", 1)
-- What does not wait works there, the script's own coroutines included.
check.equal(d:update("k", function(old)
  ch:try_send(old)
  return coroutine.wrap(function() coroutine.yield(old + 1) end)()
end), 2)
check.equal({ ch:recv(), d:get "k" }, { 1, 2 })
tm.yield()
