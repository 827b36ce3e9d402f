R"lua(
-- map over a pool.
--
-- The caller cuts the items into chunks and submits them, at most `buffer` items ahead of what it has
-- consumed. A chunk is one job. Its size adapts: a chunk should run for about a millisecond, which
-- makes the cost of a job (a few microseconds) small and still leaves enough chunks to balance.
local tm, core = ...
local select, type, error, pcall, tostring = select, type, error, pcall, tostring
local pack, unpack, first_refused, now = core.pack, core.unpack, core.first_refused, tm.now
local xpcall, traceback, getmetatable = xpcall, debug.traceback, debug.getmetatable
local huge = math.huge

local target_seconds = 1e-3
local largest_chunk = 4096

local function keep(results, counts, i, ...)
  local n = select("#", ...)
  if n == 1 then
    results[i] = (...)
    return counts
  end
  counts = counts or {}
  counts[i] = n
  results[i] = { ... }
  return counts
end

-- A C function blames whoever called it, which is us, by the name that we have for it.
local function without_our_line(problem, called, name)
  if type(problem) ~= "string" then return problem end
  local text, ours = problem:gsub("^%[tidemill%]:%d+: ", "")
  if ours == 0 then return problem end
  return (text:gsub(called, name, 1))
end

-- One chunk, on a worker: items[1..n], or the integers from `first` on if there are no items. Returns
-- the time it took, how many items went well, the results, for those that have not exactly one result
-- the number of results, and of the first item that failed the error and its traceback.
function tm._run_chunk(packed, first, n, items)
  local fn = unpack(packed)
  local results, counts, done = {}, nil, 0
  local started = now()
  local trace
  local ok, err = xpcall(function()
    if items then
      for i = 1, n do
        counts = keep(results, counts, i, fn(items[i]))
        done = i
      end
    else
      for i = 1, n do
        counts = keep(results, counts, i, fn(first + i - 1))
        done = i
      end
    end
  end, function(problem)
    trace = traceback(nil, 2)
    return without_our_line(problem, "'fn'", "the mapped function")
  end)
  -- A result that cannot travel fails its own item, not the chunk.
  local bad, reason = first_refused(results, done, counts)
  if bad then
    return now() - started, bad - 1, table.move(results, 1, bad - 1, 1, {}), counts, true, reason
  end
  if ok then return now() - started, done, results, counts end
  return now() - started, done, results, counts, true, err, trace
end
local run_chunk = tm._run_chunk

local Map = {}
Map.__index = Map
Map.__name = "map"

-- The source as a function that fills a list with up to `room` items and returns how many there were;
-- fewer than asked means that it has ended. `left()` says how many are still to come, if known.
local function list_source(list)
  local at, size = 0, #list
  return function(items, room)
    local n = size - at
    if n > room then n = room end
    table.move(list, at + 1, at + n, 1, items)
    at = at + n
    return n
  end, function() return size - at end
end

local function iterator_source(iterate)
  local ended = false
  return function(items, room)
    local n = 0
    while n < room and not ended do
      local value = iterate()
      if value == nil then
        ended = true
      else
        n = n + 1
        items[n] = value
      end
    end
    return n
  end, function() return ended and 0 or huge end
end

local map_options = { chunk = "number", buffer = "number", ordered = "boolean" }

function core.pool_methods.map(pool, fn, items, options)
  core.check_self("map", pool, core.pool_methods, "pool")
  core.check_function("map", 1, fn)
  options = core.check_options("map", options, map_options)
  if options.ordered == false then core.fail("map: ordered = false is not available") end
  local self = setmetatable({
    pool = pool,
    packed = pack(fn),
    fixed_chunk = core.check_count("map: chunk", options.chunk, 1),
    buffer = core.check_count("map: buffer", options.buffer, 1),
    size = 1,              -- items in the next chunk
    ahead = 0,             -- items submitted and not consumed
    submitted = 0,         -- items submitted so far
    jobs = {}, job_sizes = {}, first_job = 1, last_job = 0,
    index = 0,             -- of the item consumed last
    at = 0, done = 0,      -- position in the current chunk's results, and how many those are
  }, Map)
  local kind, meta = type(items), getmetatable(items) or {}
  if kind == "number" then
    self.total = core.check_count("map: the number of items", items, 0)
  elseif kind == "function" or meta.__call then
    self.take, self.left = iterator_source(items)
  elseif kind == "table" then
    self.take, self.left = list_source(items)
  else
    core.fail("bad argument #2 to 'map' (list, iterator, channel, queue, pipe end or number expected, got %s)",
      core.type_name(items))
  end
  self.workers = pool:stats().workers
  return self, nil, nil, self
end

local function items_left(self)
  if self.total then return self.total - self.submitted end
  return self.left()
end

-- Raises what `submit` has raised, with the number of the item in place of its place in the chunk.
local function refuse_item(self, err)
  local text = type(err) == "table" and err.kind == "transfer" and err.message:match("argument 4(%[.*)$")
  if not text then error(err, 0) end
  local at, rest = text:match("^%[(%d+)%](.*)$")
  error(core.new_error("transfer", ("cannot send item %d%s"):format(self.submitted + at, rest)), 0)
end

-- Submits chunks until enough is under way or the source has ended.
local function submit_ahead(self)
  while not self.ended do
    local left = items_left(self)
    if left <= 0 then self.ended = true return end
    local size = self.fixed_chunk or self.size
    -- The last chunks get smaller, so that the workers end together.
    if not self.fixed_chunk and left < size * 2 * self.workers then
      size = left // (2 * self.workers)
      if size < 1 then size = 1 end
      size = math.tointeger(size) or self.size
    end
    local buffer = self.buffer
    if buffer then
      if self.ahead >= buffer then return end
      if size > buffer - self.ahead then size = buffer - self.ahead end
    elseif self.last_job - self.first_job + 1 >= 3 * self.workers then
      return
    end
    if size > left then size = left end
    local job
    if self.total then
      job = self.pool:submit(run_chunk, self.packed, self.submitted + 1, size)
    else
      local items = {}
      local took, n = pcall(self.take, items, size)
      if not took then
        -- An error of the source belongs to the item that it did not give: those before come first.
        self.source_failed, self.ended = true, true
        self.source_error = without_our_line(n, "'iterate'", "the iterator")
        n = #items
      end
      if n == 0 then self.ended = true return end
      size = n
      local ok, err = pcall(self.pool.submit, self.pool, run_chunk, self.packed, 0, n, items)
      if not ok then refuse_item(self, err) end
      job = err
    end
    self.submitted = self.submitted + size
    self.ahead = self.ahead + size
    self.last_job = self.last_job + 1
    self.jobs[self.last_job], self.job_sizes[self.last_job] = job, size
  end
end

local function adapt(self, seconds, size)
  if self.fixed_chunk or size < self.size // 2 then return end
  local fitting = seconds > 0 and target_seconds / (seconds / size) or huge
  if fitting > self.size * 8 then fitting = self.size * 8 end
  if fitting > largest_chunk then fitting = largest_chunk end
  self.size = fitting < 1 and 1 or math.tointeger(fitting // 1)
end

local cancel_rest

-- As submit_ahead; what it raises waits for its turn behind the chunks under way.
local function try_ahead(self)
  local ok, err = pcall(submit_ahead, self)
  if not ok then self.source_failed, self.source_error, self.ended = true, err, true end
end

-- Makes the next chunk's results current; false at the end.
local function next_chunk(self)
  if self.failed then
    self.failed = false
    cancel_rest(self)
    core.raise_from(self.err, ("in item %d of a map over %s"):format(self.index + 1, tostring(self.pool)), self.trace)
  end
  try_ahead(self)
  if self.first_job > self.last_job then
    if self.source_failed then
      self.source_failed = false
      error(self.source_error, 0)
    end
    return false
  end
  local slot = self.first_job
  local seconds, done, results, counts, failed, err, trace = self.jobs[slot]:await()
  self.jobs[slot] = nil
  self.first_job = slot + 1
  adapt(self, seconds, self.job_sizes[slot])
  self.ahead = self.ahead - self.job_sizes[slot]
  self.job_sizes[slot] = nil
  self.results, self.counts, self.at, self.done = results, counts, 0, done
  self.failed, self.err, self.trace = failed, err, trace
  if not failed then try_ahead(self) end
  return true
end

function Map:__call()
  while self.at >= self.done do
    if not next_chunk(self) then return nil end
  end
  local at = self.at + 1
  self.at = at
  local index = self.index + 1
  self.index = index
  local counts = self.counts
  if counts and counts[at] then
    return index, table.unpack(self.results[at], 1, counts[at])
  end
  return index, self.results[at]
end

function cancel_rest(self)
  self.ended = true
  for slot = self.first_job, self.last_job do self.jobs[slot]:cancel() end
  for slot = self.first_job, self.last_job do
    self.jobs[slot]:join()
    self.jobs[slot] = nil
  end
  self.first_job = self.last_job + 1
  self.at, self.done = 0, 0
end
Map.__close = cancel_rest

function Map:__tostring()
  return ("map: %d of %s items done"):format(self.index, self.total or "?")
end

function Map:each(fn)
  core.check_function("each", 1, fn)
  for index, value in self, nil, nil, self do fn(value, index) end
end

function Map:fold(acc, fn)
  core.check_function("fold", 2, fn)
  for index, value in self, nil, nil, self do acc = fn(acc, value, index) end
  return acc
end

function Map:collect()
  local list = {}
  local _ <close> = self
  repeat
    -- Whole chunks at once where every item has one result.
    if self.at == 0 and self.done > 0 and not self.counts then
      table.move(self.results, 1, self.done, self.index + 1, list)
      self.index = self.index + self.done
      self.at = self.done
    end
    while self.at < self.done do
      local index, value = self()
      list[index] = value
    end
  until not next_chunk(self)
  return list
end

local default_pool
local function get_default_pool()
  if not default_pool then default_pool = core.new_pool(nil, "default") end
  return default_pool
end

function tm.map(fn, items, options)
  return get_default_pool():map(fn, items, options)
end
)lua"
