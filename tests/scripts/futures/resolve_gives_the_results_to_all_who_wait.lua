local tm, check = require "tidemill", require "_helper"

local future, got = tm.future(), {}
local file <close> = io.tmpfile()  -- in one state nothing is copied
local waiters = {}
for i = 1, 3 do
  waiters[i] = tm.spawn(function() got[i] = table.pack(future:await()) end)
end
tm.yield()
check.equal({ future:status(), future:done() }, { "waiting", false })
check.equal(future:resolve(file, nil, 3, nil), true)
tm.all(waiters)
for i = 1, 3 do
  check.equal(got[i].n, 4)
  check.truthy(rawequal(got[i][1], file))
  check.equal({ got[i][2], got[i][3], got[i][4] }, { nil, 3, nil })
end
check.equal({ future:status(), future:done() }, { "done", true })
check.equal(select("#", future:join()), 5)

local empty = tm.future()
check.equal(empty:resolve(), true)
check.equal(select("#", empty:await()), 0)
