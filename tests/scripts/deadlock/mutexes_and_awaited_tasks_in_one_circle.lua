local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local mutex = tm.mutex { name = "shared" }
local guard = mutex:lock()
local job = pool:submit(function() mutex:with(function() end) end)
local err = check.raises(function()
  repeat tm.yield() until tostring(mutex):find "1 waiting"
  job:await()
end, "^[^\n]*:%d+: deadlock: ")
check.equal(err.kind, "deadlock")
check.truthy(err.message:find(("task #%d waits at [^\n]*:9 for the end of task #%d"):format(
  tm.current().id, job.id)), err.message)
check.truthy(err.message:find(('task #%d %%([^\n]*%%) waits at [^\n]*:6 for mutex "shared", held by task #%d')
  :format(job.id, tm.current().id)), err.message)
guard:unlock()
job:await()
