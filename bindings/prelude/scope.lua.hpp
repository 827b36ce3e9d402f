R"lua(
-- Blocks: a stretch of a task with a scope of its own. And what waits for several tasks.
local tm, core = ...
local type, select, error, tostring, setmetatable = type, select, error, tostring, setmetatable
local pairs, ipairs, next, math_type, concat = pairs, ipairs, next, math.type, table.concat
local open_block, close_block, leave_block = core.open_block, core.close_block, core.leave_block
local protect, own_interruption = core.protect, core.own_interruption
local take_failures, raise_from = core.take_failures, core.raise_from
local huge, unpack, getmetatable = math.huge, table.unpack, debug.getmetatable

local function append_failures(list, block)
  local found, n = take_failures(block)
  for i = 1, n, 2 do
    list[#list + 1] = { error = found[i], trace = found[i + 1] }
  end
end

-- One error for several: `errors` has their values, of which any may be nil, and their number as `n`;
-- the message has all of them.
local function new_group(what, failures)
  local lines, errors, traces = {}, { n = #failures }, {}
  for i, failure in ipairs(failures) do
    errors[i] = failure.error
    local shown, text = core.protect(tostring, failure.error)
    lines[i] = ("  %d. %s"):format(i, shown and text or "(an error that cannot be printed)")
    traces[i] = ("%d. %s"):format(i, failure.trace)
  end
  local noun = #failures == 1 and "1 failure" or #failures .. " failures"
  local group = core.new_error("group", ("%s in %s\n%s"):format(noun, what, concat(lines, "\n")))
  group.errors = errors
  return group, concat(traces, "\n")
end

-- How kinds of block differ:
--   what      in messages
--   group     failures are always raised together, not only if there are several
--   values    a block that was cancelled without failure returns what its body returned, as all do
--             whose time was up before anything noticed
--   shielded  leaving it is no point of cancellation
--   failed    called with error and traceback instead of raising them, where it is not a cancellation
--             from outside; what it returns is what the block gives
--   first     of several failures the first is raised, with the others in its field `others`
--   adopt     called with the error of the first failure if that is a child's; what it returns is raised in its place
local kinds = {
  scope = { what = "a scope", group = true },
  report = { what = "a scope" },
  timeout = { what = "a timeout block", values = true },
  shield = { what = "a shield", values = true, shielded = true },
  call = { what = "a call for several tasks", values = true },
}

-- Leaves the first of several failures, which is a table of our own if it can take the others along.
local function keep_first(failures)
  local first = failures[1].error
  if type(first) == "table" and first.kind == "stage" then
    first.others = { n = #failures - 1 }
    for i = 2, #failures do first.others[i - 1] = failures[i].error end
  end
  for i = #failures, 2, -1 do failures[i] = nil end
end

-- Scopes whose deadline the script has set, and to how many seconds.
local moved = setmetatable({}, { __mode = "k" })

-- The end of a block, given the results of its body: waits for the children, then returns what the body
-- returned or raises what went wrong. Of several reasons to raise the first here counts: failures, a
-- cancellation from outside, the deadline.
local function finish(kind, block, seconds, kills, ok, ...)
  local failures = {}
  append_failures(failures, block)
  local interrupted = not ok and own_interruption((...))
  local reached = core.block_state(block) == "cancelled"
  if not ok then
    if not interrupted then failures[#failures + 1] = { error = (...), trace = (select(2, ...)), own = true } end
    core.cancel_block(block)
  end
  local waited = close_block(block)
  while type(waited) == "table" do
    -- Nothing will ever wake the children: they are ended, so that the block can be.
    failures[#failures + 1] = { error = waited, trace = "", own = true }
    core.cancel_block(block)
    waited = close_block(block)
  end
  append_failures(failures, block)
  local expired, cancelled, child_cancelled, outside = leave_block(block, kills)
  if interrupted and not reached and not outside then
    -- It is an old error that tells of a cancellation which is over.
    failures[#failures + 1] = { error = (...), trace = (select(2, ...)), own = true }
  end
  local fail = kind.failed or raise_from
  if kind.adopt and #failures > 0 and not failures[1].own then failures[1].error = kind.adopt(failures[1].error) end
  if kind.first and #failures > 1 then keep_first(failures) end
  if #failures > 1 or (#failures == 1 and kind.group) then
    return fail(new_group(kind.what, failures))
  elseif #failures == 1 then
    return fail(failures[1].error, failures[1].trace)
  elseif outside and kind.shielded and interrupted and not reached then
    error((...), 0)  -- what the body raised again is about the code around it
  elseif outside and not kind.shielded and (waited or interrupted) then
    core.raise_interruption()
  elseif expired and (interrupted or child_cancelled) then
    local when = moved[block] and ("its deadline, %s s after it was set"):format(tostring(moved[block]))
      or tostring(seconds) .. " s"
    local problem = core.new_error("timeout", ("%s: not done after %s"):format(kind.what, when))
    if kind.failed then return kind.failed(problem, "") end
    error(problem, 0)
  elseif not ok or (cancelled and not expired and not kind.values) then
    return
  end
  return ...
end

-- Runs fn(...) in `block`, which is open and innermost. The guard is for a coroutine that is closed
-- while it is suspended in there.
local function run(kind, block, seconds, fn, ...)
  local _ <close> = block
  return finish(kind, block, seconds, core.kills_seen(), protect(fn, ...))
end

-- For other parts of the prelude, with kinds of their own: runs fn(...) in a block that ends after
-- `seconds`, if given.
function core.run_block(kind, seconds, fn, ...)
  return run(kind, open_block("cancel", false, seconds), seconds, fn, ...)
end

local function check_seconds(what, n, value)
  if type(value) ~= "number" then
    core.fail("bad argument #%d to '%s' (number expected, got %s)", n, what, type(value))
  elseif value ~= value then
    core.fail("bad argument #%d to '%s' (seconds must not be NaN)", n, what)
  end
end

-- Scopes --------------------------------------------------------------------------------------

local scope_options = { timeout = "number", errors = "string" }

function tm.scope(fn, options)
  core.check_function("scope", 1, fn)
  options = core.check_options("tm.scope", options, scope_options)
  local errors = options.errors or "raise"
  if errors ~= "raise" and errors ~= "report" then
    core.fail("tm.scope: errors must be 'raise' or 'report', not '%s'", errors)
  end
  if options.timeout then check_seconds("scope", 2, options.timeout) end
  core.check_may_wait()
  local block = open_block(errors == "raise" and "cancel" or "report", false, options.timeout)
  return run(errors == "raise" and kinds.scope or kinds.report, block, options.timeout, fn, block)
end

local scope = core.scope_methods

local function check_open(block, name)
  core.check_self(name, block, scope, "scope")
  if core.block_state(block) == "left" then core.fail("%s: the scope has ended", name) end
end

function scope.spawn(block, fn, ...)
  check_open(block, "spawn")
  core.check_function("spawn", 1, fn)
  return core.spawn_in(block, fn, ...)
end

function scope.submit(block, pool, fn, ...)
  check_open(block, "submit")
  if (getmetatable(pool) or {}).__index ~= core.pool_methods then
    core.fail("bad argument #1 to 'submit' (pool expected, got %s)", core.type_name(pool))
  end
  core.check_function("submit", 2, fn)
  return core.submit_in(pool, block, fn, ...)
end

function scope.cancel(block, reason)
  core.check_self("cancel", block, scope, "scope")
  return core.cancel_block(block, reason)
end

function scope.deadline(block, seconds)
  check_open(block, "deadline")
  if seconds ~= nil then check_seconds("deadline", 1, seconds) end
  if core.set_deadline(block, seconds) then moved[block] = seconds end
end

function tm.timeout(seconds, fn, ...)
  check_seconds("timeout", 1, seconds)
  core.check_function("timeout", 2, fn)
  core.check_may_wait()
  if seconds <= 0 then
    error(core.new_error("timeout", "a timeout block: no time was given, so it was not begun"), 0)
  end
  return run(kinds.timeout, open_block("cancel", false, seconds), seconds, fn, ...)
end

function tm.shield(fn, seconds)
  core.check_function("shield", 1, fn)
  if seconds ~= nil then check_seconds("shield", 2, seconds) end
  core.check_can_suspend()
  return run(kinds.shield, open_block("cancel", true, seconds), seconds, fn)
end

function tm.background(fn, ...)
  core.check_function("background", 1, fn)
  return core.spawn_background(fn, ...)
end

function core.task_methods.on_done(task, fn)
  core.check_function("on_done", 1, fn)
  if core.is_within(task) then
    core.fail("on_done: a task cannot wait for its own end, nor for that of a task it belongs to")
  end
  tm.spawn(function()
    task:join()
    fn(task)
  end)
  return task
end

-- Several tasks -------------------------------------------------------------------------------

local function check_member(name, i, member)
  if type(member) ~= "function" and not core.is_task(member) then
    core.fail("bad argument #1 to '%s' (member %d is a %s, not a task or function)", name, i, type(member))
  end
end

-- A copy of the list of tasks and functions, and its length.
local function check_members(name, list)
  if type(list) ~= "table" then
    core.fail("bad argument #1 to '%s' (list of tasks and functions expected, got %s)", name, core.type_name(list))
  end
  local members, n = {}, #list
  for i = 1, n do
    check_member(name, i, list[i])
    members[i] = list[i]
  end
  for key in pairs(list) do
    if math_type(key) ~= "integer" or key < 1 or key > n then
      core.fail("bad argument #1 to '%s' (a list without gaps expected, but it has the key %s)", name, tostring(key))
    end
  end
  return members, n
end

-- Replaces the functions among the members by tasks that run them, children of `block` or, without one,
-- of the scope the caller is in.
local function start_functions(members, n, block)
  local started = {}
  for i = 1, n do
    if type(members[i]) == "function" then
      members[i] = block and core.spawn_in(block, members[i]) or tm.spawn(members[i])
      started[#started + 1] = members[i]
    end
  end
  return started
end

-- Runs body(tasks, n, ends) where the functions among the members run as children.
local function with_members(name, list, body)
  local members, n = check_members(name, list)
  core.check_may_wait()
  local block = open_block("cancel", false)
  return run(kinds.call, block, nil, function()
    start_functions(members, n, block)
    local ends, guard = core.watch(members, n)
    local _ <close> = guard
    return body(members, n, ends)
  end)
end

local function first_result(ok, value)
  return value
end

local function all(members, n, ends)
  for _ = 1, n do
    local task = members[ends:recv()]
    if task:status() ~= "done" then
      for i = 1, n do members[i]:cancel() end
      for i = 1, n do
        if members[i] ~= task then core.join_told(members[i]) end
      end
      task:await()
    end
  end
  local results = {}
  for i = 1, n do results[i] = first_result(members[i]:join()) end
  return results
end

function tm.all(list)
  return with_members("all", list, all)
end

local function outcome_of(ok, ...)
  if ok then return { ok = true, value = (...) } end
  return { ok = false, error = (...) }
end

function tm.settle(list)
  return with_members("settle", list, function(members, n, ends)
    local outcomes = {}
    for _ = 1, n do
      local i = ends:recv()
      outcomes[i] = outcome_of(members[i]:join())
    end
    return outcomes
  end)
end

-- Ends all but `winner`, waits for them, and gives its results or raises its error. What fails on the
-- way out is told; what had ended before is not asked.
local function finish_with(winner, members, n)
  local losers = {}
  for i = 1, n do
    if members[i] ~= winner and members[i]:cancel() then losers[#losers + 1] = members[i] end
  end
  for i = 1, #losers do core.join_told(losers[i]) end
  return winner:await()
end

local function check_some(name, list)
  if type(list) == "table" and #list == 0 and next(list) == nil then
    core.fail("bad argument #1 to '%s' (at least one task or function expected)", name)
  end
end

function tm.any(list)
  check_some("any", list)
  return with_members("any", list, function(members, n, ends)
    local failures = {}
    for _ = 1, n do
      local task = members[ends:recv()]
      local ok, problem = task:join()  -- false also for results that cannot be rebuilt here
      if ok then return finish_with(task, members, n) end
      failures[#failures + 1] = { error = problem, trace = tm.traceback(task) or "" }
    end
    raise_from(new_group("tm.any: none succeeded", failures))
  end)
end

function tm.race(list)
  check_some("race", list)
  return with_members("race", list, function(members, n, ends)
    return finish_with(members[ends:recv()], members, n)
  end)
end

local gather_options = { return_errors = "boolean" }

function tm.gather(...)
  local list, n = { ... }, select("#", ...)
  local options = {}
  if n > 0 and type(list[n]) == "table" then
    options = core.check_options("tm.gather", list[n], gather_options)
    list[n], n = nil, n - 1
  end
  if not options.return_errors then
    local results = with_members("gather", list, all)
    return unpack(results, 1, n)
  end
  local outcomes, values = tm.settle(list), {}
  for i = 1, n do
    if outcomes[i].ok then values[i] = outcomes[i].value else values[i] = outcomes[i].error end
  end
  return unpack(values, 1, n)
end

-- Without the tasks that come twice.
local function distinct(members, n)
  local seen, kept = {}, {}
  for i = 1, n do
    if not seen[members[i]] then
      seen[members[i]] = true
      kept[#kept + 1] = members[i]
    end
  end
  return kept, #kept
end

local function deadline_of(timeout)
  if timeout == nil or timeout == huge then return nil end
  return tm.now() + timeout
end

local function left_until(deadline)
  if not deadline then return nil end
  local left = deadline - tm.now()
  return left > 0 and left or 0
end

local function check_timeout(name, n, timeout)
  if timeout ~= nil then check_seconds(name, n, timeout) end
end

local receivers = { channel = "recv", queue = "get", ["pipe end"] = "recv" }

-- As check_members, of a list or of all that an iterator or a channel gives; and whether the time was up before
-- the channel was closed. For `as_completed` only: in the other calls a function in place of the list is most
-- likely one that should have been in it.
local function take_members(name, list, deadline)
  local kind, meta = type(list), getmetatable(list)
  if kind ~= "function" and (kind == "table" or not (meta and meta.__call)) then return check_members(name, list) end
  core.check_may_wait()
  local receive, reason = kind == "userdata" and receivers[meta.__name], nil
  local function next_member()
    if not receive then return (list()) end
    local member
    member, reason = list[receive](list, left_until(deadline))
    return member
  end
  local members, n = {}, 0
  for member in next_member do
    n = n + 1
    check_member(name, n, member)
    members[n] = member
  end
  return members, n, reason == "timeout"
end

function tm.as_completed(list, timeout)
  check_timeout("as_completed", 2, timeout)
  local deadline = deadline_of(timeout)
  local members, n, cut_short = take_members("as_completed", list, deadline)
  core.check_may_wait()
  local started = start_functions(members, n)
  members, n = distinct(members, n)
  local ends, guard = core.watch(members, n)
  local left = n
  local function next_ended()
    local i = left > 0 and ends:recv(left_until(deadline))
    if not i and (left > 0 or cut_short) then
      local message = ("tm.as_completed: %d of %d tasks have not ended in time"):format(left, n)
      if cut_short then message = message .. ", and more may come" end
      error(core.new_error("timeout", message), 0)
    elseif not i then
      return nil
    end
    left = left - 1
    return members[i]
  end
  -- Leaving the loop early ends the functions that were started for it.
  local closer = setmetatable({}, { __close = function()
    local _ <close> = guard
    if left > 0 then
      for i = 1, #started do started[i]:cancel() end
    end
  end })
  return next_ended, nil, nil, closer
end

local modes = { all = true, first = true, first_error = true }

function tm.wait(list, mode, timeout)
  local members, n = check_members("wait", list)
  mode = mode == nil and "all" or mode
  if not modes[mode] then
    core.fail("bad argument #2 to 'wait' ('all', 'first' or 'first_error' expected, got %s)", tostring(mode))
  end
  check_timeout("wait", 3, timeout)
  local deadline = deadline_of(timeout)
  core.check_may_wait()
  start_functions(members, n)
  members, n = distinct(members, n)
  local ends, guard = core.watch(members, n)
  local _ <close> = guard
  local ended = {}
  for _ = 1, n do
    local i = ends:recv(left_until(deadline))
    if not i then break end
    ended[i] = true
    local status = members[i]:status()
    if mode == "first" or (mode == "first_error" and status ~= "done") then break end
  end
  -- Those that ended together with it count as well.
  for i in function() return (ends:try_recv()) end do ended[i] = true end
  local done, pending = {}, {}
  for i = 1, n do
    local list_of = ended[i] and done or pending
    list_of[#list_of + 1] = members[i]
  end
  return done, pending
end
)lua"
