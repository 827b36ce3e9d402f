R"lua(
-- Jobs with options, and what runs in a job before and around its function.
local tm, core = ...
local type, next, tostring, error, setmetatable = type, next, tostring, error, setmetatable
local math_type, unpack, protect = math.type, table.unpack, core.protect
local run_block, own_interruption = core.run_block, core.own_interruption

-- pool:job ------------------------------------------------------------------------------------

local job_options = { n = "number", name = "string", priority = "number", retries = "number", timeout = "number" }

-- How many values the list has, function included: `n` as table.pack sets it, or up to the border.
local function check_list(spec)
  local count = spec.n
  if count == nil then
    count = #spec
  else
    count = core.check_count("job: n", count, 1)
  end
  local options = {}
  for key, value in next, spec do
    if math_type(key) ~= "integer" then
      options[key] = value
    elseif key < 1 or key > count then
      core.fail("job: [%d] does not belong to the list of %d; with nils among the arguments give their number: n = %d",
        key, count, key)
    end
  end
  core.check_options("job", options, job_options)
  return count, options
end

function core.pool_methods.job(pool, spec)
  core.check_self("job", pool, core.pool_methods, "pool")
  if type(spec) ~= "table" then
    core.fail("bad argument #1 to 'job' (table { fn, args..., options } expected, got %s)", core.type_name(spec))
  end
  local count, options = check_list(spec)
  if type(spec[1]) ~= "function" then
    core.fail("job: [1] must be the function, not a %s", core.type_name(spec[1]))
  end
  if count > 200000 then core.fail("job: too many arguments") end
  local priority, timeout = options.priority, options.timeout
  if priority ~= nil then
    if priority ~= priority then core.fail("job: priority must not be NaN") end
    if not core.is_prioritised(pool) then
      core.fail("job: priority needs a pool made with order = \"priority\"")
    end
  end
  if timeout ~= nil and timeout ~= timeout then core.fail("job: timeout must not be NaN") end
  local retries = core.check_count("job: retries", options.retries, 0)
  return core.submit_job(pool, priority, timeout, retries, options.name, unpack(spec, 1, count))
end

-- Init ----------------------------------------------------------------------------------------

-- What `failed` of a kind of block returns first.
local failed = {}
local function keep_failure(err, trace)
  return failed, err, trace
end

local function shown(err)
  local ok, text = protect(tostring, err)
  return ok and text or "(an error that cannot be printed)"
end

local init_kind = { what = "a pool's init", values = true, failed = keep_failure }
local gates = {}  -- of the inits under way, each an event that is set at its end

local function run_init(pool)
  local gate, locals = tm.event(), 0
  local how, problem, text, where = "pending", nil, nil, nil
  -- Whatever happens, memory that runs out included, those who wait go on.
  local guard = setmetatable({}, { __close = function()
    gates[pool] = nil
    core.end_init(locals, how, problem, text, where)
    gate:set()
  end })
  gates[pool] = gate
  local _ <close> = guard
  locals = core.begin_init()
  local ok, outcome, err, trace = protect(run_block, init_kind, nil, core.run_init)
  if not ok then error(outcome, 0) end  -- this job was cancelled: the next one begins anew
  if outcome == failed then
    problem, text, where = err, shown(err), trace
    how = "failed"
  else
    how = "done"
  end
end

-- Returns when the init of the running job's pool has run in this state.
local function prepare()
  while true do
    local state, pool = core.init_state()
    if state == "done" then return end
    if state == "running" then
      gates[pool]:wait()
    else
      run_init(pool)
    end
  end
end

-- Attempts ------------------------------------------------------------------------------------

local attempt

local function ended(kind, seconds, n, total, ...)
  if (...) ~= failed then return ... end
  local _, err, trace = ...
  if total > 1 then trace = ("in attempt %d of %d:\n%s"):format(n, total, trace) end
  if n == total or core.interrupted() then core.raise_whole(err, trace) end
  core.end_attempt(("%s: attempt %d of %d failed: %s"):format(kind.what, n, total, shown(err)))
  return attempt(kind, seconds, n + 1, total)
end

-- Each in a block of its own: its children have ended before the next begins.
function attempt(kind, seconds, n, total)
  return ended(kind, seconds, n, total, run_block(kind, seconds, core.call_job))
end

core.set_run_job(function(prepares, seconds, retries)
  if prepares then prepare() end
  if not retries then return core.call_job() end
  local kind = { what = core.job_title(), values = true, failed = keep_failure }
  if seconds <= 0 then
    core.raise_whole(core.new_error("timeout", kind.what .. ": no time was given, so it was not begun"), "")
  end
  return attempt(kind, seconds, 1, retries + 1)
end)
)lua"
