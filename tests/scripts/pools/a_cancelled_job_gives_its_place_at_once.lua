-- The only worker does not let go of its job meanwhile: nobody else could take the cancelled ones.
-- repeat: 3
-- timeout: 60
local tm, check = require "tidemill", require "_helper"

local function spin_until_told(entered, go)
  entered:send(1)
  repeat until go:try_recv()
end

for _, options in ipairs {
  { workers = 1, queue = 1 },
  { workers = 1, queue = 1, order = "priority" },
  { workers = 1, queue = 1, max_jobs_per_worker = 2 },
} do
  local pool <close> = tm.pool(options)
  local entered, go = tm.channel(1), tm.channel(1)
  local running = pool:submit(spin_until_told, entered, go)
  entered:recv()
  for _ = 1, 100 do
    local queued = pool:submit(print)
    check.equal({ pool:try_submit(print) }, { nil, "full" })
    check.equal(queued:cancel(), true)
    local stats = pool:stats()
    check.equal({ stats.queued, queued:status() }, { 0, "cancelled" })
  end
  local queued = pool:submit(print)
  local submitted = tm.channel(1)
  local submitter = tm.spawn(function() submitted:send(pool:submit(select, 1, "next")) end)
  tm.yield()
  check.equal(submitter:status(), "waiting")
  queued:cancel()
  local next_one = submitted:recv()
  check.equal(next_one:status(), "queued")
  go:send(1)
  check.equal({ next_one:await() }, { "next" })
  running:await()
end

-- Without workers of its own: where it was submitted.
local pool <close> = tm.pool { kind = "inline", queue = 1 }
for _ = 1, 100 do
  local queued = pool:submit(print)
  check.equal({ pool:try_submit(print) }, { nil, "full" })
  queued:cancel()
  check.equal(pool:stats().queued, 0)
end
check.equal({ pool:submit(select, 1, "ran"):await() }, { "ran" })
