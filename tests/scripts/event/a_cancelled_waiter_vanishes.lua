local tm, check = require "tidemill", require "_helper"

local e = tm.event()
local first, second = tm.spawn(e.wait, e), tm.spawn(e.wait, e)
tm.yield()
first:cancel()
check.truthy(tostring(e):find "1 waiting")
e:set()
check.equal({ first:join() == false, second:await() }, { true, true })
-- set, then cancel: the value was there first
e:clear()
local third = tm.spawn(e.wait, e)
tm.yield()
e:set()
third:cancel()
check.equal({ third:join() }, { true, true })
