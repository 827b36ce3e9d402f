R"lua(
-- What of semaphores, conditions, barriers and onces runs script code, and the constructors that take
-- options.
local tm, core = ...
local type, tostring, pairs, setmetatable = type, tostring, pairs, setmetatable
local pack, unpack, now = core.pack, core.unpack, tm.now
local huge, check_self = math.huge, core.check_self

local function check_seconds(what, value)
  if value ~= nil and (type(value) ~= "number" or value ~= value) then
    core.fail("%s must be a number of seconds, not %s", what, tostring(value))
  end
  return value
end

-- Semaphores, latches, limiters -----------------------------------------------------------------

local semaphore_options = { bounded = "boolean", name = "string" }

function tm.semaphore(n, options)
  options = core.check_options("tm.semaphore", options, semaphore_options)
  return core.semaphore(core.check_count("tm.semaphore: value", n, 0) or 1, options.bounded, options.name)
end

function core.semaphore_methods.with(semaphore, fn, ...)
  check_self("with", semaphore, core.semaphore_methods, "semaphore")
  core.check_function("with", 1, fn)
  local _ <close> = semaphore:acquire()
  return fn(...)
end

local function refuse_second(what, value)
  if value ~= nil then core.fail("%s takes only one argument", what) end
end

function tm.latch(n, extra)
  refuse_second("tm.latch", extra)
  return core.latch(core.check_count("tm.latch: count", n, 0) or 0)
end

function tm.limiter(n, extra)
  refuse_second("tm.limiter", extra)
  if n == nil then core.fail("tm.limiter: total must be given") end
  return core.limiter(core.check_count("tm.limiter: total", n, 0))
end

-- Conditions ------------------------------------------------------------------------------------

local condition_mutex = core.condition_mutex

function tm.condition(mutex, extra)
  refuse_second("tm.condition", extra)
  return core.condition(mutex)
end

-- The methods of its mutex.
for name, method in pairs(core.mutex_methods) do
  core.condition_methods[name] = core.condition_forward(method) or function(condition, ...)
    return method(condition_mutex(condition), ...)
  end
end

function core.condition_methods.lock(condition, timeout)
  check_self("lock", condition, core.condition_methods, "condition")
  check_seconds("lock: timeout", timeout)
  condition_mutex(condition):lock(timeout)
  return condition
end

function core.condition_methods.wait_for(condition, predicate, timeout)
  check_self("wait_for", condition, core.condition_methods, "condition")
  core.check_function("wait_for", 1, predicate)
  check_seconds("wait_for: timeout", timeout)
  local wait = condition.wait
  if timeout == nil or timeout == huge then
    while not predicate() do wait(condition) end
    return true
  end
  local deadline = now() + timeout
  while not predicate() do
    local left = deadline - now()
    if left <= 0 then return false end
    wait(condition, left)
  end
  return true
end

-- Barriers --------------------------------------------------------------------------------------

local arrive, acted = core.barrier_methods.wait, core.barrier_acted
local barrier_options = { action = "function", timeout = "number" }

function tm.barrier(n, options)
  options = core.check_options("tm.barrier", options, barrier_options)
  if n == nil then core.fail("tm.barrier: parties must be given") end
  n = core.check_count("tm.barrier: parties", n, 1)
  if n > 2 ^ 31 then core.fail("tm.barrier: parties must be at most 2^31, not %d", n) end
  local action = options.action
  return core.barrier(n, action, action and pack(action, true), check_seconds("tm.barrier: timeout", options.timeout))
end

-- However the action is left, the round ends.
local Round = {
  __close = function(round)
    if round.open then acted(round.barrier, false) end
  end,
}

function core.barrier_methods.wait(barrier, timeout)
  check_self("wait", barrier, core.barrier_methods, "barrier")
  check_seconds("wait: timeout", timeout)
  local index, acts = arrive(barrier, timeout)
  if not acts then return index end
  local round <close> = setmetatable({ barrier = barrier, open = true }, Round)
  local action = core.barrier_action(barrier)
  if type(action) == "userdata" then action = unpack(action) end
  action()
  round.open = false
  acted(barrier, true)
  return index
end

-- Once ------------------------------------------------------------------------------------------

local enter, once_keep, once_fail, once_result = core.once_enter, core.once_keep, core.once_fail, core.once_result

-- However the function is left, the others hear of it.
local Run = {
  __close = function(run, problem)
    if run.open then once_fail(run.once, problem) end
  end,
}

local function keep(run, ...)
  once_keep(run.once, ...)
  run.open = false
  return ...
end

function core.once_methods.call(once, fn, ...)
  check_self("call", once, core.once_methods, "once")
  core.check_function("call", 1, fn)
  if not enter(once) then return once_result(once) end
  local run <close> = setmetatable({ once = once, open = true }, Run)
  return keep(run, fn(...))
end
)lua"
