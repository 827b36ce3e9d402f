local tm, check = require "tidemill", require "_helper"

-- One word changes where jobs run, and nothing else that a job can tell.
global_of_the_script = { n = 1 }
dynamic = "only seen by name"
local captured = { n = 1 }
local results = {}
for _, kind in ipairs { "thread", "inline" } do
  local pool <close> = tm.pool { kind = kind, workers = 1, name = kind }
  local argument = { n = 1 }
  results[kind] = { pool:submit(function(argument)
    captured.n, argument.n = 2, 2
    global_of_the_script.n = 2
    made_by_the_job = true
    string.made_by_the_job = nil
    local name = "dyna" .. "mic"
    return _G[name], _ENV == _G, argument, captured, global_of_the_script, getmetatable("").__index == string
  end, argument):await() }
  check.equal({ argument.n, captured.n, global_of_the_script.n, made_by_the_job }, { 1, 1, 1 })
  check.equal(pool:submit(function() return made_by_the_job end):await(), nil)
  -- Errors are copies too.
  local problem = { code = 1 }
  local ok, err = pool:submit(function() problem.code = 2 error(problem) end):join()
  check.equal({ ok, err.code, problem.code, err == problem }, { false, 2, 1, false })
  local ok, err = pool:submit(function() return io.tmpfile() end):join()
  check.equal(err.kind, "transfer")
  -- What a job sends on has the job's globals, not the script's.
  check.equal(pool:submit(function(pool)
    inner = "of the job"
    return pool:submit(function() return inner, rawget(_G, "dynamic") end):await()
  end, pool):await(), "of the job")
  -- A job is one value in a state.
  local job
  local same = tm.channel(1)
  job = pool:submit(function() same:send(require "tidemill".current()) end)
  check.equal(same:recv() == job, true)
  check.equal(pool:map(function(n) return n * n end, 50):fold(0, function(a, n) return a + n end), 42925)
  -- A job that waits for another one of its pool, and one that would wait for the pool itself.
  check.equal(pool:submit(function(pool)
    return pool:submit(function() return "inner" end):await()
  end, pool):await(), "inner")
  local ok, err = pool:submit(function(pool) pool:close() end, pool):join()
  check.equal({ ok, err.kind }, { false, "deadlock" })
  local ok, err = pool:submit(function(pool)
    require "tidemill".spawn(function() pool:close() end):await()
  end, pool):join()
  check.equal({ ok, err.kind }, { false, "deadlock" })
end
check.equal(results.inline, results.thread)

-- They start when their submitter waits, in order.
local order = tm.channel(math.huge)
local pool <close> = tm.pool { kind = "inline", name = "here" }
check.equal(tostring(pool), 'pool "here" inline open')
local jobs = {}
for i = 1, 5 do jobs[i] = pool:submit(function(i) order:send(i) end, i) end
check.equal(#order, 0)
check.equal({ jobs[1]:status(), pool:stats().queued, pool:stats().workers }, { "queued", 5, 1 })
for i = 1, 5 do check.equal(order:recv(), i) end
for i = 1, 5 do jobs[i]:await() end
local stats = pool:stats()
check.equal({ stats.completed, stats.open, stats.queued, stats.started }, { 5, 0, 0, 0 })

-- By priority.
local ranked <close> = tm.pool { kind = "inline", order = "priority" }
for i, priority in ipairs { 3, 1, 2, 1, -math.huge } do
  ranked:job { function(i) order:send(i) end, i, priority = priority }
end
for _, i in ipairs { 5, 2, 4, 3, 1 } do check.equal(order:recv(), i) end

-- With a bound.
local narrow <close> = tm.pool { kind = "inline", queue = 2 }
check.truthy(narrow:submit(print) and narrow:submit(print))
check.equal({ narrow:try_submit(print) }, { nil, "full" })
narrow:submit(function() end)  -- waits until the first has started
check.truthy(narrow:stats().queued <= 2)

-- From other states: there, and with what there is.
local outer <close> = tm.pool { workers = 2 }
check.equal(outer:map(function(n)
  return pool:submit(function(n) return n + 1 end, n):await()
end, 20):fold(0, function(a, n) return a + n end), 230)

-- In a scope; cancelled with it.
local job
tm.scope(function(scope)
  job = scope:submit(pool, function() require "tidemill".sleep(100) end)
  tm.yield()
  scope:cancel()
end)
check.equal(job:status(), "cancelled")

-- Closing with jobs that wait.
local ending = tm.pool { kind = "inline" }
local waits = ending:submit(function() require "tidemill".sleep(1000) end)
local queued = ending:submit(function() end)
ending:close { cancel = true }
check.equal({ waits:status(), queued:status() }, { "cancelled", "cancelled" })
check.equal(check.raises(function() ending:submit(print) end).kind, "closed")
check.equal(tostring(ending), 'pool "pool" inline closed')

-- A standstill is found.
local stuck = pool:submit(function() require "tidemill".channel():recv() end)
check.equal(check.raises(function() stuck:await() end).kind, "deadlock")
stuck:cancel()

for _, wrong in ipairs { { memory_limit = 2 ^ 30 }, { max_jobs_per_worker = 3 } } do
  wrong.kind = "inline"
  check.raises(function() tm.pool(wrong) end, "is not for pools of kind 'inline'")
end
check.raises(function() tm.pool { kind = "process" } end, "'process' are not available yet")
check.raises(function() tm.pool { kind = "fibre" } end, "no pool of kind 'fibre' %(known: thread, inline%)")
