R"lua(
-- Pools.
local tm, core = ...
local huge, type, ipairs = math.huge, type, ipairs
local join_pool, cancel_jobs, kill_jobs = core.join_pool, core.cancel_jobs, core.kill_jobs

local pool_options = {
  workers = "number", name = "string", queue = "number", kind = "string", order = "string",
  max_jobs_per_worker = "number", init = "function", memory_limit = "number",
}

local function check_workers(what, workers)
  workers = core.check_count(what, workers, 1)
  if workers and workers > 4096 then core.fail("%s must be at most 4096, not %d", what, workers) end
  return workers
end

-- The state of a worker alone, libraries included, takes about a fifth of that.
local least_memory = 2 ^ 20

-- True for one whose jobs run where they are submitted.
local function check_kind(options)
  local kind = options.kind
  if kind == nil or kind == "thread" then return false end
  if kind == "process" then core.fail("tm.pool: pools of kind 'process' are not available yet") end
  if kind ~= "inline" then core.fail("tm.pool: no pool of kind '%s' (known: thread, inline)", kind) end
  for _, name in ipairs { "memory_limit", "max_jobs_per_worker" } do
    if options[name] ~= nil then
      core.fail("tm.pool: option '%s' is not for pools of kind 'inline', which have no workers of their own", name)
    end
  end
  return true
end

function tm.pool(options)
  options = core.check_options("tm.pool", options, pool_options)
  local inline = check_kind(options)
  local order = options.order
  if order ~= nil and order ~= "fifo" and order ~= "priority" then
    core.fail("tm.pool: order must be 'fifo' or 'priority', not '%s'", order)
  end
  local queue, most_jobs = options.queue, options.max_jobs_per_worker
  if queue == huge then queue = nil else queue = core.check_count("tm.pool: queue", queue, 1) end
  if most_jobs == huge then
    most_jobs = nil
  else
    most_jobs = core.check_count("tm.pool: max_jobs_per_worker", most_jobs, 1)
  end
  local workers = check_workers("tm.pool: workers", options.workers) or (inline and 1 or nil)
  local limit = options.memory_limit
  if limit == huge then limit = nil end
  limit = core.check_count("tm.pool: memory_limit", limit, least_memory)
  return core.new_pool(workers, options.name, queue, order, most_jobs, options.init, limit, inline)
end

function core.pool_methods.resize(pool, workers)
  core.check_self("resize", pool, core.pool_methods, "pool")
  if type(workers) ~= "number" then
    core.fail("bad argument #1 to 'resize' (number expected, got %s)", core.type_name(workers))
  end
  core.resize_pool(pool, check_workers("resize: workers", workers))
end

-- The end --------------------------------------------------------------------------------------

local close_options = { timeout = "number", cancel = "boolean" }

-- How long after a kill one may still run: in cleanup, or in C code that nothing can stop.
local after_kill = 1

function core.pool_methods.close(pool, options)
  core.check_self("close", pool, core.pool_methods, "pool")
  options = core.check_options("close", options, close_options)
  local timeout = options.timeout
  if timeout ~= timeout then core.fail("close: timeout must not be NaN") end
  if not options.cancel then
    join_pool(pool, timeout)
    return
  end
  cancel_jobs(pool)
  if timeout == nil or join_pool(pool, timeout, true) then
    join_pool(pool)
  else
    kill_jobs(pool)
    join_pool(pool, after_kill)
  end
end
)lua"
