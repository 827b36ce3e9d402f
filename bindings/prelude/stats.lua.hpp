R"lua(
-- What the engine and its pools have to say about themselves, as tables that print readably.
local tm, core = ...
local setmetatable, tostring, math = setmetatable, tostring, math

-- Seconds with a unit, to three digits.
function core.format_seconds(seconds)
  local size = math.abs(seconds)
  if size >= 60 then return ("%.0f s"):format(seconds) end
  if size >= 1 then return ("%.2f s"):format(seconds) end
  if size >= 1e-3 then return ("%.3g ms"):format(seconds * 1e3) end
  if size >= 1e-6 then return ("%.3g µs"):format(seconds * 1e6) end
  return size == 0 and "0 s" or ("%.3g ns"):format(seconds * 1e9)
end

local format_seconds = core.format_seconds

local function format_bytes(bytes)
  if bytes < 1024 then return ("%d B"):format(bytes) end
  if bytes < 1024 ^ 2 then return ("%.1f KiB"):format(bytes / 1024) end
  if bytes < 1024 ^ 3 then return ("%.1f MiB"):format(bytes / 1024 ^ 2) end
  return ("%.2f GiB"):format(bytes / 1024 ^ 3)
end

-- Pools -----------------------------------------------------------------------------------------

local PoolStats = tm.class("tidemill.pool_stats", { __name = "statistics of a pool" })

local function add_times(lines, label, times)
  if not times or times.count == 0 then return end
  lines[#lines + 1] = ("  %-10s mean %s, half below %s, 99 %% below %s, longest %s"):format(label,
    format_seconds(times.mean), format_seconds(times.p50), format_seconds(times.p99), format_seconds(times.max))
end

function PoolStats.__tostring(stats)
  local lines, busy = { stats.title }, {}
  lines[2] = ("  %-10s %d ended, %d open, %d of them in the queue"):format("jobs", stats.completed, stats.open,
    stats.queued)
  add_times(lines, "queue", stats.queue_time)
  add_times(lines, "service", stats.service_time)
  local load = ("%.1f jobs/s coming in"):format(stats.arrival_rate)
  if stats.utilisation then load = ("%.1f %% of the workers' time, %s"):format(stats.utilisation * 100, load) end
  lines[#lines + 1] = ("  %-10s %s"):format("load", load)
  for worker, seconds in ipairs(stats.busy) do busy[worker] = format_seconds(seconds) end
  if #busy > 0 then lines[#lines + 1] = ("  %-10s %s"):format("busy", table.concat(busy, ", ", 1, math.min(#busy, 16))) end
  if #busy > 16 then lines[#lines] = lines[#lines] .. ", ..." end
  return table.concat(lines, "\n")
end

local stats_of_pool = core.pool_methods.stats

function core.pool_methods.stats(pool)
  core.check_self("stats", pool, core.pool_methods, "pool")
  local stats = stats_of_pool(pool)
  stats.title = tostring(pool)
  return setmetatable(stats, PoolStats)
end

-- The engine ------------------------------------------------------------------------------------

local EngineStats = tm.class("tidemill.engine_stats", { __name = "statistics of the engine" })
local statuses = { "queued", "running", "waiting", "finishing" }

local function count_tasks(tasks, counts)
  for i = 1, #tasks do
    local status = tasks[i].status
    counts[status] = (counts[status] or 0) + 1
    count_tasks(tasks[i].children, counts)
  end
  return counts
end

function tm.stats()
  local stats = core.engine_stats()
  stats.tasks = count_tasks(core.tasks(), { queued = 0, running = 0, waiting = 0, finishing = 0 })
  stats.pools = {}
  local started, busy = 0, 0
  while true do
    local pool = core.pool_at(#stats.pools + 1)
    if not pool then break end
    local of = pool:stats()
    stats.pools[#stats.pools + 1] = of
    started = started + of.started
    for _, seconds in ipairs(of.busy) do busy = busy + seconds end
  end
  stats.workers = { count = started + 1, busy = busy }
  stats.lua_memory = math.floor(collectgarbage("count") * 1024)
  return setmetatable(stats, EngineStats)
end

function EngineStats.__tostring(stats)
  local counts = {}
  for _, status in ipairs(statuses) do
    if stats.tasks[status] > 0 then counts[#counts + 1] = stats.tasks[status] .. " " .. status end
  end
  local lines = {
    ("up %s, %d CPU%s, %d worker%s, pools busy for %s"):format(format_seconds(stats.uptime), stats.cpus,
      stats.cpus == 1 and "" or "s", stats.workers.count, stats.workers.count == 1 and "" or "s",
      format_seconds(stats.workers.busy)),
    "memory " .. format_bytes(stats.rss) .. ", this Lua state " .. format_bytes(stats.lua_memory),
    "tasks " .. table.concat(counts, ", "),
  }
  for _, pool in ipairs(stats.pools) do lines[#lines + 1] = tostring(pool) end
  return table.concat(lines, "\n")
end
)lua"
