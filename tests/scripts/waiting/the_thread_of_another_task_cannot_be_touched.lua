-- What coroutine.running gives at a task's bottom is running as long as the task is.
local tm, check = require "tidemill", require "_helper"

local main = coroutine.running()
tm.spawn(function()
  check.truthy(coroutine.status(main) ~= "dead")
  local ok, err = coroutine.resume(main)
  check.truthy(not ok and type(err) == "string", err)
  check.raises(function() coroutine.close(main) end, "cannot close")
  check.equal(coroutine.isyieldable(main), false)
end):await()
local nested = coroutine.wrap(function() return coroutine.status(main), coroutine.resume(main) end)
local status, ok, why = nested()
check.equal({ status, ok }, { "normal", false })
check.truthy(why:find "cannot resume non%-suspended coroutine", why)
