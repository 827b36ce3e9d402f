R"lua(
-- What the parts of a pipeline do while it runs: the source and the sink in the state of whoever runs
-- it, the stages in copies elsewhere.
--
-- A worker takes a chunk, has its function deal with the items one after another, each result being
-- packed at once (`add`), and puts what came of it. If the function waits in the middle of a chunk, a
-- helper task of the same state sends off what there is: it is made ready (`arm`) when a chunk gets its
-- first item, and so runs as soon as the worker is suspended. Therefore no item waits for a later one.
local tm, core = ...
local type, error, tostring, xpcall, pcall, setmetatable = type, error, tostring, xpcall, pcall, setmetatable
local traceback, now, new_event, spawn = core.traceback, tm.now, tm.event, tm.spawn
local protect, own_interruption = core.protect, core.own_interruption
local refusal, raise_from, new_error = core.refusal, core.raise_from, core.new_error
local run_block = core.run_block

local work = {}
core.pipeline_work = work

-- Failures --------------------------------------------------------------------------------------

local samples_kept = 10
work.samples_kept = samples_kept
local ours = setmetatable({}, { __mode = "k" })  -- the failures that were made in this state

local function travels(value)
  return value == nil or refusal(value, "value") == nil
end

-- The text of an error, and what goes in its place where it has to travel and cannot.
local function text_of(problem)
  local shown, text = protect(tostring, problem)
  return shown and text or "(an error that cannot be printed)"
end

local function able_to_travel(problem)
  if travels(problem) then return problem end
  return new_error("transfer", "cannot send the error: " .. text_of(problem))
end

-- An item as a message shows it.
local function show(item)
  if type(item) == "string" then
    if #item > 40 then item = item:sub(1, 40):gsub("[\xC0-\xFF][\x80-\xBF]*$", "") .. "…" end
    return ' ("' .. item:gsub("[%c\"\\]", { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" })
      :gsub("%c", "?") .. '")'
  elseif type(item) == "number" or type(item) == "boolean" then
    return (" (%s)"):format(tostring(item))
  elseif item ~= nil then
    return (" (%s)"):format(core.type_name(item))
  end
  return ""
end

-- The error for `problem` at `part`; `index` is the number of the item in the source, 0 if unknown.
local function new_failure(part, index, item, problem)
  local text, where = text_of(problem), part.title
  if index > 0 then where = ("%s, item %d%s"):format(where, index, show(item)) end
  local failure = new_error("stage", "")
  failure.message = where .. ": " .. text
  failure.stage = part.name
  if index > 0 then failure.index = index end
  if not part.here or part.skips then
    -- It goes to who runs the pipeline, or into the list of samples, as a copy.
    if not travels(item) then item = nil end
    problem = able_to_travel(problem)
  end
  failure.item = item
  failure.error, failure.cause = problem, problem
  ours[failure] = true
  return failure
end

local last_trace

-- A C function blames whoever called it, which is us, by the name that we have for it.
local function handler(problem)
  last_trace = traceback()
  if type(problem) ~= "string" then return problem end
  local text, ours = problem:gsub("^%[tidemill%]:%d+: ", "")
  if ours == 0 then return problem end
  return (text:gsub("'fn'", "the function of the stage", 1))
end

-- Raises what went wrong at `part`, or counts it where errors are skipped.
local function fail(part, index, item, problem, trace)
  if own_interruption(problem) then error(problem, 0) end
  local failure = new_failure(part, index, item, problem)
  local skips = part.skips
  if not skips then raise_from(failure, "in " .. part.title, trace) end
  skips.count:add(1)
  if skips.count:get() <= 4 * samples_kept then skips.samples:try_send(failure) end
end
work.fail = fail

-- The work of a part, body(...), in a block of its own: a task that its function starts belongs to the part, and the
-- run ends with it if that fails.
local function run_part(part, body, ...)
  local kind = { what = part.title, values = true, first = true }
  function kind.adopt(problem) return new_failure(part, 0, nil, problem) end
  function kind.failed(problem, trace)
    local others = not part.here and type(problem) == "table" and ours[problem] and problem.others
    for i = 1, others and others.n or 0 do others[i] = able_to_travel(others[i]) end
    raise_from(problem, trace)
  end
  return run_block(kind, nil, body, ...)
end

-- Runs loop(from, to) over the items 1 to n; one that fails, or could not be unpacked, is given to
-- failed(i, problem, trace), and if that returns the others go on. `at` says which one is at work.
local function each_item(n, broken, loop, at, failed)
  local from = 1
  while from <= n do
    local to = n
    if broken then
      to = from
      while to <= n and not broken[to] do to = to + 1 end
      to = to - 1
    end
    local ok, problem = true, nil
    if from <= to then ok, problem = xpcall(loop, handler, from, to) end
    if not ok then
      from = at() + 1
      failed(from - 1, problem, last_trace)
    elseif to < n then
      from = to + 2
      failed(to + 1, broken[to + 1])
    else
      return
    end
  end
end

-- The helper ------------------------------------------------------------------------------------

-- → react(full), for what `add` has returned, and stop(). To be called in the worker's task. The helper
-- must be its child: it begins at the first `react`, or `at_once` where that may come from another task.
local function with_helper(port, at_once)
  local wake, over
  local function help()
    while true do
      wake:wait()
      wake:clear()
      if over then return end
      port:put(false, true)
    end
  end
  local function begin()
    wake = new_event()
    spawn(help)
  end
  if at_once then begin() end
  local function react(full)
    if full then return port:put(false) end
    if not wake then begin() end
    wake:set()
  end
  local function stop()
    over = true
    if wake then wake:set() end
  end
  return react, stop
end

local function finish(port, stop)
  stop()
  port:close_batch()
  port:put(false)
  port:finish()
end

-- Cancelled parts -------------------------------------------------------------------------------

-- A worker that is cancelled, but not with the run (its function may do so: tm.current():cancel()), is
-- no failure of the block. But it leaves the next part waiting for ever, so it raises an alarm, and
-- the run fails.
local Cancelled = {
  __close = function(self, problem)
    if problem == nil or not own_interruption(problem) then return end
    if type(problem) ~= "table" then problem = nil end  -- it was killed
    pcall(self.alarm.resolve, self.alarm, self.number, problem)  -- the first counts
  end,
}

-- → the alarm: a future, as a cancelled task can resolve that
function work.watch(parts)
  local alarm = tm.future()
  tm.background(function()
    local number, problem = alarm:await()
    core.check_may_wait()  -- raises if this was cancelled as well: then it was the run
    problem = problem or new_error("cancelled", "a worker was cancelled, and killed")
    error(new_failure(parts[number], 0, nil, problem), 0)
  end)
  return alarm
end

-- Stages ----------------------------------------------------------------------------------------

-- How the items of a chunk are dealt with: loop(from, to) for each kind of stage, and what is to be done
-- when it has failed.
local loops = {}
local function nothing() end

function loops.stage(fn, items, port, react)
  local add = port:adder(true)
  return function(from, to)
    for i = from, to do
      local news = add(fn(items[i]))
      if news ~= nil then react(news) end
    end
  end, nothing
end

function loops.filter(fn, items, port, react)
  local add = port:adder(true)
  return function(from, to)
    for i = from, to do
      local item, news = items[i], nil
      if fn(item) then news = add(item) else add() end
      if news ~= nil then react(news) end
    end
  end, nothing
end

function loops.relay(_, ...)
  return loops.stage(function(item) return item end, ...)
end

function loops.flat(fn, items, port, react)
  local add, open = port:adder(false), false
  local function emit(item)
    if not open then core.fail("emit was called after the function that it was given to had returned") end
    local news = add(item)
    if news ~= nil then react(news) end
  end
  return function(from, to)
    for i = from, to do
      open = true
      local list = fn(items[i], emit)
      if list ~= nil then
        if type(list) ~= "table" then
          error(("a flat stage gives a list or nothing, not a %s"):format(core.type_name(list)), 0)
        end
        for k = 1, #list do emit(list[k]) end
      end
      open = false
      port:advance()
    end
  end, function() open = false end
end

local function work_off(part, fn, input, output)
  local port = core.port(input, output, part.batch)
  port:limit(part.limit)
  -- A flat stage's function may call `emit` in a task or block of its own.
  local react, stop = with_helper(port, part.kind == "flat")
  local items = {}
  local loop, after_failure = loops[part.kind](fn, items, port, react)
  local function at() return port:done() + 1 end
  local function failed(i, problem, trace)
    after_failure()
    fail(part, port:origin(i), items[i], problem, trace)
    port:advance()
  end
  for n in port.take, port do
    local broken = port:unpack(items)
    if broken then
      for i in pairs(broken) do items[i] = nil end
    end
    each_item(n, broken, loop, at, failed)
    port:put(true)
  end
  finish(port, stop)
end

-- The job of one worker of a stage.
function tm._run_stage(part, fn, input, output)
  local _ <close> = setmetatable({ alarm = part.alarm, number = part.number }, Cancelled)
  run_part(part, work_off, part, fn, input, output)
end

-- The source ------------------------------------------------------------------------------------

local target_seconds = 1e-3  -- that a chunk should take its slowest worker
local look_every = 1e-3

-- How many items the next chunks should have: as many as the slowest part deals with in a millisecond,
-- and one until all parts have shown how fast they are. Grows by half of what it has per look at most.
local function new_sizer(links, most)
  local size, next_look, cost = 1, 0, core.link_cost
  local busy_before, items_before = {}, {}
  return function(port, fed)
    local moment = now()
    if moment < next_look then return end
    next_look = moment + look_every
    local busy, items = cost(links[1], true)
    local worst = items > 0 and busy / items or 0
    for i = 1, #links do
      local put
      busy, items, put = cost(links[i])
      local new_items = items - (items_before[i] or 0)
      if put > 0 and items == 0 then worst = math.max(worst, target_seconds / size) end
      if items > 0 then
        local spent, dealt = busy - (busy_before[i] or 0), new_items
        if dealt < 1 then spent, dealt = busy, items end
        worst = math.max(worst, spent / dealt * put / fed)
      end
      busy_before[i], items_before[i] = busy, items
    end
    local fitting = worst > 0 and target_seconds / worst or most
    size = math.max(1, math.min(most, size * 4, fitting // 1 | 0))
    port:limit(size)
  end
end

local sources = {}

function sources.count(source, add, react)
  for i = 1, source.count do
    local news = add(i)
    if news ~= nil then react(news) end
  end
end

function sources.list(source, add, react)
  local list = source.list
  for i = 1, #list do
    local item = list[i]
    if item == nil then error(("the list has no item %d"):format(i), 0) end
    local news = add(item)
    if news ~= nil then react(news) end
  end
end

function sources.iterator(source, add, react)
  for item in source.iterate, source.state, source.control, source.closing do
    local news = add(item)
    if news ~= nil then react(news) end
  end
end

local function feed(part, source, links, tell)
  local port = core.port(nil, links[1], part.batch)
  local helper_reacts, stop = with_helper(port)
  if source.kind ~= "iterator" then port:never_arm() end
  local add = port:adder(true)
  local resize = not part.chunk and new_sizer(links, part.limit)
  port:limit(part.chunk or 1)
  local function react(full)
    helper_reacts(full)
    if resize then resize(port, port:done()) end
    if tell then tell() end
  end
  local try = add
  if part.skips then
    try = function(item)
      local ok, news = pcall(add, item)
      if ok then return news end
      fail(part, port:origin(), item, news)
      port:advance()
    end
  end
  local ok, problem = xpcall(sources[source.kind], handler, source, try, react)
  if not ok then
    if own_interruption(problem) then error(problem, 0) end
    raise_from(new_failure(part, port:origin(), nil, problem), "in " .. part.title, last_trace)
  end
  finish(port, stop)
end

-- The task that feeds the first link. `tell()` is for news of how far the run is.
function work.feed(part, source, links, tell, alarm)
  local _ <close> = setmetatable({ alarm = alarm, number = 1 }, Cancelled)
  run_part(part, feed, part, source, links, tell)
end

-- The sink --------------------------------------------------------------------------------------

-- How a sink begins: → loop(items, from, to, note), which calls note(i) before item i; and what gives
-- the result.
local sinks = {}

function sinks.sink(sink)
  local fn, at = sink.fn, 0
  return function(items, from, to)
    for i = from, to do
      at = i
      fn(items[i])
    end
  end, function() return at end
end

function sinks.fold(sink)
  local fn, acc, at = sink.fn, sink.init, 0
  if type(acc) == "function" then acc = acc() end
  return function(items, from, to)
    for i = from, to do
      at = i
      acc = fn(acc, items[i])
    end
  end, function() return at end, function() return acc end
end

function sinks.collect()
  local list, n = {}, 0
  return function(items, from, to)
    table.move(items, from, to, n + 1, list)
    n = n + to - from + 1
  end, function() return 0 end, function() return list end
end

function sinks.to(sink)
  local send, to, at = sink.send, sink.to, 0
  return function(items, from, to_item)
    for i = from, to_item do
      at = i
      send(to, items[i])
    end
  end, function() return at end
end

local function drain(part, sink, input, tell)
  local port = core.port(input, nil, 0)
  local items = {}
  local begun, deal, at, result = xpcall(sinks[sink.kind], handler, sink)
  if not begun then
    -- What `fold` begins with, if that is a function.
    if own_interruption(deal) then error(deal, 0) end
    raise_from(new_failure(part, 0, nil, deal), "in " .. part.title, last_trace)
  end
  local function loop(from, to) deal(items, from, to) end
  local function failed(i, problem, trace)
    -- A place that takes no more will not take the next one either.
    local skips = part.skips
    if sink.kind == "to" and type(problem) == "table" and problem.kind == "closed" then part.skips = nil end
    fail(part, port:origin(i), items[i], problem, trace)
    part.skips = skips
  end
  for n in port.take, port do
    local broken = port:unpack(items)
    if broken then
      for i in pairs(broken) do items[i] = nil end
    end
    each_item(n, broken, loop, at, failed)
    port:advance(n)
    if tell then tell() end
  end
  return result and result()
end

-- Takes all there is, in the task that runs the pipeline; → the result.
function work.drain(part, sink, input, tell)
  return run_part(part, drain, part, sink, input, tell)
end

-- Progress --------------------------------------------------------------------------------------

local tell_every = 0.02

-- → tell(at_end): shows on `bar` how many items of the source are dealt with, which are those taken less those that are
-- still between the parts. Behind a flat stage nobody can say of how many items they were made: they count as dealt with.
function work.teller(bar, parts, links)
  local shown, next_look, cost = 0, 0, core.link_cost
  return function(at_end)
    local moment = now()
    if moment < next_look and not at_end then return end
    next_look = moment + tell_every
    local _, dealt = cost(links[1], true)
    local unit = 1  -- items of the source in one of the link's
    for i = 1, at_end and 0 or #links do
      if parts[i].kind == "flat" then break end
      if parts[i].batch and parts[i].batch > 0 then unit = unit * parts[i].batch end
      local _, taken, put = cost(links[i])
      dealt = dealt - (put - taken) * unit
    end
    if dealt <= shown then return end
    shown = dealt
    bar:set(dealt)
  end
end
)lua"
