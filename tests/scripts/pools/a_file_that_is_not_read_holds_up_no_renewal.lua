-- A job that was cancelled while it read from a pipe leaves the request to libuv, which cannot end
-- it. The worker gets a new state all the same.
local tm, check = require "tidemill", require "_helper"
local path = os.tmpname()
assert(os.remove(path))
assert(os.execute("mkfifo " .. path))
local pool = tm.pool { workers = 1, max_jobs_per_worker = 1 }
local err = check.raises(function()
  pool:job { function() return tm.fs.read(path) end, timeout = 0.05 }:await()
end)
check.equal(err.kind, "timeout")
check.equal(pool:submit(function() return "next" end):await(1000), "next")
-- The worker ends when the request has. (If the time was up before it was made, there is no reader.)
assert(os.execute(("timeout 60 sh -c 'echo >%s' >/dev/null 2>&1 &"):format(path)))
pool:close()
assert(os.remove(path))
