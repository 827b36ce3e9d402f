-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local n = 5
local pool <close> = tm.pool { workers = 3 }
local forks, together, jobs = {}, tm.barrier(n), {}
for i = 1, n do forks[i] = tm.mutex { name = "fork " .. i } end
local function dine(left, right)
  local _ <close> = left:lock()
  together:wait()
  local _ <close> = right:lock()
end
for i = 1, n do jobs[i] = pool:submit(dine, forks[i], forks[i % n + 1]) end

local told
for _, outcome in ipairs(tm.settle(jobs)) do
  if not outcome.ok then
    check.equal({ outcome.error.kind, told }, { "deadlock", nil })
    told = outcome.error.message
  end
end
check.truthy(told, "nobody was told")
for i = 1, n do
  local holder = jobs[i].id
  local waiter = jobs[(i + n - 2) % n + 1].id
  check.truthy(told:find(('task #%d %%([^\n]*%%) waits at [^\n]*:11 for mutex "fork %d", held by task #%d %%([^\n]*%%) since [^\n]*:9')
    :format(waiter, i, holder)), told)
  check.equal(forks[i]:locked(), false)
end
