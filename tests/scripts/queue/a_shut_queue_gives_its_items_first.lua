local tm, check = require "tidemill", require "_helper"

local q = tm.queue { name = "jobs" }
q:put(1)
q:put(2)
q:shutdown()
check.equal({ q:is_closed(), #q }, { true, 2 })
local err = check.raises(function() q:put(3) end, 'first.lua:8: cannot put: queue "jobs" is shut down')
check.equal(err.kind, "closed")
for _, put in ipairs { q.try_put, q.put } do
  check.equal(check.raises(function() put(q, 3) end).kind, "closed")
end
check.equal(check.raises(function() q:put_timeout(1, 3) end).kind, "closed")
check.equal(q:get(), 1)
check.equal({ q:join(0), q:try_get() }, { false, 2 })
for _ = 1, 2 do
  check.equal({ q:get() }, { nil, "closed" })
  check.equal({ q:get(1) }, { nil, "closed" })
  check.equal({ q:get(0) }, { nil, "closed" })
  check.equal({ q:try_get() }, { nil, "closed" })
end
q:task_done()
check.equal(q:join(0), false)
q:task_done()
check.equal(q:join(), true)
q:shutdown()
q:shutdown(false)
