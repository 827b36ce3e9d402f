R"lua(
-- Pools.
local tm, core = ...
local huge = math.huge

local pool_options = {
  workers = "number", name = "string", queue = "number", kind = "string", init = "function", memory_limit = "number",
}

-- The state of a worker alone, libraries included, takes about a third of that.
local least_memory = 2 ^ 20

function tm.pool(options)
  options = core.check_options("tm.pool", options, pool_options)
  if options.kind ~= nil and options.kind ~= "thread" then
    core.fail("tm.pool: no pool of kind '%s' (only 'thread')", options.kind)
  end
  local queue = options.queue
  if queue == huge then queue = nil else queue = core.check_count("tm.pool: queue", queue, 1) end
  local workers = core.check_count("tm.pool: workers", options.workers, 1)
  if workers and workers > 4096 then core.fail("tm.pool: workers must be at most 4096, not %d", workers) end
  local limit = options.memory_limit
  if limit == huge then limit = nil end
  limit = core.check_count("tm.pool: memory_limit", limit, least_memory)
  return core.new_pool(workers, options.name, queue, options.init, limit)
end

-- `pool:close()` and the end of a <close> variable.
local close_options = { timeout = "number" }
local close_pool = core.pool_methods.close

function core.pool_methods.close(pool, options)
  core.check_self("close", pool, core.pool_methods, "pool")
  return close_pool(pool, core.check_options("close", options, close_options).timeout)
end
)lua"
