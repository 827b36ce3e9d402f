R"lua(
-- tm.pipeline: the description, and a run of it.
local tm, core = ...
local type, error, select, setmetatable, getmetatable = type, error, select, setmetatable, debug.getmetatable
local ipairs, pcall, tostring, now, huge = ipairs, pcall, tostring, tm.now, math.huge
local work = core.pipeline_work
local check_options, check_count, check_function = core.check_options, core.check_count, core.check_function
local fail = core.fail

local Pipeline = { __name = "pipeline" }
Pipeline.__index = Pipeline

function tm.pipeline(name)
  if name == nil then name = "pipeline" end
  if type(name) ~= "string" then
    fail("bad argument #1 to 'pipeline' (string expected, got %s)", core.type_name(name))
  end
  return setmetatable({ name = name, stages = {}, names = {} }, Pipeline)
end

-- The description -------------------------------------------------------------------------------

local function check_self(self, method)
  core.check_self(method, self, Pipeline, "pipeline")
  if self.running then fail("%s: the pipeline is running", method) end
end

function Pipeline:source(items, state, control, closing)
  check_self(self, "source")
  if self.given then fail("source: the pipeline has a source already") end
  core.check_no_map("bad argument #1 to 'source'", items)
  local kind, meta = type(items), getmetatable(items) or {}
  local source
  if kind == "number" then
    source = { kind = "count", count = check_count("source: the number of items", items, 0) }
    source.total = source.count
  elseif kind == "function" or meta.__call then
    source = { kind = "iterator", iterate = items, state = state, control = control, closing = closing }
  elseif kind == "table" or meta.__name == "buffer" then
    source = { kind = "list", list = items }
  else
    fail("bad argument #1 to 'source' (list, iterator, channel, queue, pipe end, buffer or number expected, got %s)",
      core.type_name(items))
  end
  self.given = source
  return self
end

-- A name that no other part has, so that errors and reports tell which is meant: the given one, or
-- one made of `kind`.
local function new_name(self, method, kind, name)
  if name == nil then
    name = kind
    local n = 1
    while self.names[name] do
      n = n + 1
      name = kind .. " " .. n
    end
  elseif name == "" then
    fail("%s: the name must not be empty", method)
  elseif self.names[name] then
    fail("%s: there is a stage \"%s\" already", method, name)
  elseif name == "source" then
    fail("%s: the name must not be \"source\", which the source has", method)
  end
  self.names[name] = true
  return name
end

local function add_part(self, method, part)
  if self.ending then fail("%s: nothing can follow the sink", method) end
  self.stages[#self.stages + 1] = part
  return self
end

-- The name may be left out.
local function shift(name, ...)
  if type(name) == "string" then return name, ... end
  return nil, name, ...
end

local stage_options = { workers = "number", ordered = "boolean" }

local function add_stage(self, kind, ...)
  check_self(self, kind)
  local name, fn, options = shift(...)
  local at = name and 2 or 1
  check_function(kind, at, fn)
  options = check_options(kind, options, stage_options)
  local workers = check_count(kind .. ": workers", options.workers, 1) or 1
  if workers > 4096 then fail("%s: workers must be at most 4096, not %d", kind, workers) end
  if self.ending then fail("%s: nothing can follow the sink", kind) end
  name = new_name(self, kind, kind, name)
  return add_part(self, kind, {
    kind = kind, name = name, title = ('stage "%s"'):format(name), fn = fn,
    workers = workers, ordered = options.ordered ~= false,
  })
end

function Pipeline:stage(...) return add_stage(self, "stage", ...) end
function Pipeline:filter(...) return add_stage(self, "filter", ...) end
function Pipeline:flat(...) return add_stage(self, "flat", ...) end

function Pipeline:batch(n)
  check_self(self, "batch")
  if n == nil then fail("bad argument #1 to 'batch' (number expected, got nil)") end
  n = check_count("batch: the number of items", n, 1)
  if n > 2 ^ 31 then fail("batch: the number of items must be at most 2^31, not %d", n) end
  return add_part(self, "batch", { kind = "batch", name = "batch " .. n, size = n })
end

local function add_sink(self, method, sink, name)
  if self.ending then fail("%s: the pipeline has a sink already", method) end
  sink.kind = method
  sink.name = new_name(self, method, method, name)
  self.ending = sink
  return self
end

function Pipeline:sink(...)
  check_self(self, "sink")
  local name, fn = shift(...)
  check_function("sink", name and 2 or 1, fn)
  return add_sink(self, "sink", { fn = fn }, name)
end

function Pipeline:fold(...)
  check_self(self, "fold")
  local name, init, fn = nil, ...
  if select("#", ...) >= 3 then
    name, init, fn = ...
    if type(name) ~= "string" then
      fail("bad argument #1 to 'fold' (string expected, got %s)", core.type_name(name))
    end
  end
  check_function("fold", name and 3 or 2, fn)
  return add_sink(self, "fold", { init = init, fn = fn }, name)
end

function Pipeline:collect()
  check_self(self, "collect")
  return add_sink(self, "collect", {})
end

local senders = { channel = "send", queue = "put", ["pipe end"] = "send" }
local closers = { channel = "close", queue = "shutdown", ["pipe end"] = "close" }
local to_options = { close = "boolean" }

function Pipeline:to(channel, options)
  check_self(self, "to")
  local type_name = type(channel) == "userdata" and core.type_name(channel)
  local send = senders[type_name]
  if not send then
    fail("bad argument #1 to 'to' (channel, queue or pipe end expected, got %s)", core.type_name(channel))
  end
  options = check_options("to", options, to_options)
  return add_sink(self, "to", {
    to = channel, send = channel[send], close = options.close and channel[closers[type_name]] or nil,
  })
end

function Pipeline:__tostring()
  local words = { self.given and "source" or "?" }
  for _, part in ipairs(self.stages) do
    words[#words + 1] = part.workers and part.workers > 1 and ("%s ×%d"):format(part.name, part.workers) or part.name
  end
  words[#words + 1] = self.ending and self.ending.name or "?"
  return ("pipeline \"%s\": %s%s"):format(self.name, table.concat(words, " → "), self.running and ", running" or "")
end

-- A run -----------------------------------------------------------------------------------------

local run_options = {
  progress = "boolean", buffer = "number", errors = "string", timeout = "number", chunk = "number", name = "string",
}

-- The parts that will run, each with what is behind it: a link, and before that a batch if it is one
-- worker that fills it. Elsewhere a batch is a part of its own that passes items on.
local function new_plan(self, options)
  local buffer = options.buffer
  local plan = { name = options.name or self.name, parts = {}, links = {} }
  local parts = plan.parts
  parts[1] = { kind = "source", name = "source", title = "source", workers = 1, batch = 0, here = true }
  local most_workers = 1
  for _, stage in ipairs(self.stages) do
    local before = parts[#parts]
    if stage.kind ~= "batch" then
      before = { batch = 0 }
      for key, value in pairs(stage) do before[key] = value end
      parts[#parts + 1] = before
      if stage.workers > most_workers then most_workers = stage.workers end
    elseif before.workers > 1 or before.batch > 0 then
      before = { kind = "relay", name = stage.name, title = stage.name, workers = 1, ordered = true }
      parts[#parts + 1] = before
    end
    if stage.kind == "batch" then before.batch, before.batch_name = stage.size, stage.name end
  end
  local sink = self.ending
  parts[#parts + 1] = {
    kind = sink.kind, name = sink.name, workers = 1, here = true,
    title = sink.name == sink.kind and "sink" or ('sink "%s"'):format(sink.name),
  }
  -- While one chunk is in line each worker has another in hand, so it may be as large as the room. (With
  -- half of that cheap stages take a sixth more processor time, for twice as many wake-ups.) The workers of
  -- one stage need room for the chunks that come early.
  local limit = options.chunk or buffer // most_workers
  if limit < 1 then limit = 1 end
  if options.errors == "skip" then
    plan.skips = { count = tm.atomic(0), samples = tm.channel(work.samples_kept) }
    plan.samples = {}
  end
  for i, part in ipairs(parts) do
    part.limit, part.chunk, part.skips = limit, options.chunk, plan.skips
    local following = parts[i + 1]
    if following then
      plan.links[i] = core.link(buffer, part.workers, part.workers > 1 and part.ordered, following.title)
    end
  end
  return plan
end

-- Refuses a function that cannot travel, with the name of its stage. To pack one, as if for many jobs, warns
-- of assignments to what it captures: one worker may do that, several would each have a copy.
local function check_functions(plan)
  for _, part in ipairs(plan.parts) do
    if part.kind == "stage" or part.kind == "filter" or part.kind == "flat" then
      local problem = core.refusal(part.fn, "its function")
      if problem then error(core.new_error("transfer", part.title .. ": " .. problem), 0) end
      if part.workers > 1 then core.pack(part.fn) end
    end
  end
end

-- Threads for the stages: one each, as long as there are processors. A worker is a job that stays
-- where it was started, so each pool has one thread and the workers are dealt out in turn; while one
-- waits, its thread belongs to the others there.
local function new_pools(plan)
  local wanted, pools = 0, {}
  for i = 2, #plan.parts - 1 do wanted = wanted + plan.parts[i].workers end
  local cpus = core.usable_cpus()
  for i = 1, wanted < cpus and wanted or cpus do pools[i] = core.new_pool(1, plan.name) end
  return pools
end

-- In the block that is open: all of it ends with that.
local function start(plan, source, pools, tell)
  local next_pool, parts = 0, plan.parts
  local alarm = work.watch(parts)
  for i = 2, #parts - 1 do
    local part = parts[i]
    local job = { kind = part.kind, name = part.name, title = part.title, batch = part.batch,
                  limit = part.limit, skips = plan.skips, alarm = alarm, number = i }
    for _ = 1, part.workers do
      pools[next_pool % #pools + 1]:submit(tm._run_stage, job, part.fn or false, plan.links[i - 1], plan.links[i])
      next_pool = next_pool + 1
    end
  end
  tm.spawn(work.feed, parts[1], source, plan.links, tell, alarm)
end

local function end_run(self, plan)
  self.running = nil
  self.last = plan
  if not plan.ended then plan.ended, plan.cpu_ended = now(), os.clock() end
  local sink = self.ending
  if sink.close then sink.close(sink.to) end
  local pools = plan.pools
  if not pools then return end
  -- Their jobs have ended with the block. Nothing of this run is to be left when it has returned.
  tm.shield(function()
    for _, pool in ipairs(pools) do pool:close() end
  end)
end

local function run_plan(self, plan, bar)
  local source, links = self.given, plan.links
  local tell = bar and work.teller(bar, plan.parts, links)
  start(plan, source, plan.pools, tell)
  plan.result = work.drain(plan.parts[#plan.parts], self.ending, links[#links], tell)
  if tell then tell(true) end
  plan.ended, plan.cpu_ended = now(), os.clock()
end

function Pipeline:run(options)
  check_self(self, "run")
  options = check_options("run", options, run_options)
  local errors, timeout = options.errors or "raise", options.timeout
  if errors ~= "raise" and errors ~= "skip" then
    fail("run: errors must be 'raise' or 'skip', not '%s'", errors)
  end
  if timeout and timeout ~= timeout then fail("run: timeout must not be NaN") end
  local buffer = check_count("run: buffer", options.buffer, 1) or 256
  local chunk = check_count("run: chunk", options.chunk, 1)
  if buffer > 2 ^ 31 then fail("run: buffer must be at most 2^31, not %d", buffer) end
  if chunk and chunk > buffer then fail("run: chunk must be at most buffer (%d), not %d", buffer, chunk) end
  local source = self.given
  if not source then fail("run: the pipeline has no source") end
  if not self.ending then fail("run: the pipeline has no sink (sink, fold, collect or to)") end
  if source.used then
    fail("run: the iterator of the source was closed at the end of an earlier run; give the pipeline another source")
  end
  core.check_may_wait()
  local title = ("pipeline \"%s\""):format(options.name or self.name)
  if timeout and timeout <= 0 then
    error(core.new_error("timeout", title .. ": no time was given, so it was not begun"), 0)
  end
  local plan = new_plan(self, { buffer = buffer, chunk = chunk, errors = errors, name = options.name })
  check_functions(plan)
  if source.closing ~= nil then source.used = true end
  plan.started, plan.cpu_started = now(), os.clock()
  self.running = plan
  local _ <close> = setmetatable({}, { __close = function() end_run(self, plan) end })
  plan.pools = new_pools(plan)
  local total = source.total or source.list and #source.list
  local bar <close> = options.progress and tm.progress(total, plan.name) or nil
  -- Of several failures the first is raised, and has the others in its field `others`.
  core.run_block({ what = title, values = true, first = true }, timeout, run_plan, self, plan, bar)
  if plan.skips then
    for failure in plan.skips.samples.try_recv, plan.skips.samples do
      plan.samples[#plan.samples + 1] = failure
    end
  end
  return core.pipeline_report(plan)
end

-- Where the run under way stands, or the last one stood at its end; nil before the first.
function Pipeline:report()
  core.check_self("report", self, Pipeline, "pipeline")
  local plan = self.running or self.last
  return plan and core.pipeline_report(plan)
end
)lua"
