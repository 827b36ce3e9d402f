local tm, check = require "tidemill", require "_helper"

local function after_a_yield(future, ...)
  local args = table.pack(...)
  tm.spawn(function() future:resolve(table.unpack(args, 1, args.n)) end)
  return future
end

local key, task = tm.select { never = tm.channel(), answer = after_a_yield(tm.future(), 5) }
check.equal({ key, task:await() }, { "answer", 5 })
check.equal(tm.all { after_a_yield(tm.future(), 1), function() return 2 end }, { 1, 2 })
check.equal(tm.race { tm.future(), after_a_yield(tm.future(), "won") }, "won")
check.equal(#tm.wait({ after_a_yield(tm.future()), tm.future() }, "first"), 1)
check.equal(check.raises(function() tm.timeout(0.01, function() tm.future():await() end) end).kind, "timeout")

local future = tm.future()
check.equal({ future:join(0.01) }, { nil, "timeout" })
check.equal({ future:join(0) }, { nil, "timeout" })
check.equal(check.raises(function() future:await(0.01) end).kind, "timeout")
check.truthy(tostring(future):find "^task #%d+ waiting$")
check.truthy(math.type(future.id) == "integer")

-- It is nobody's child: nobody waits for it.
local parent = tm.spawn(function() return tm.future() end)
check.equal(parent:await():status(), "waiting")
