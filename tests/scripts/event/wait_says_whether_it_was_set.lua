local tm, check = require "tidemill", require "_helper"

local e = tm.event()
check.equal({ e:wait(0), e:wait(-1), e:is_set() }, { false, false, false })
local started = tm.now()
check.equal(e:wait(0.05), false)
check.truthy(tm.now() - started >= 0.049 and tm.now() - started < 5)
tm.spawn(function() e:set() end)
check.equal(e:wait(1000), true)
check.equal({ e:wait(), e:wait(0), e:wait(0.1), e:is_set() }, { true, true, true, true })
e:set()
e:clear()
e:clear()
check.equal(e:wait(0), false)
