R"lua(
-- map over a pool.
--
-- The caller cuts the items into chunks; a chunk is one job. How many items it gets follows from how
-- long those before took: a chunk should run for a millisecond, which makes the cost of a job (some
-- microseconds) small. Three things keep long items from piling up behind one worker:
--   * no chunk gets more than its share of what is left (guided self-scheduling: Polychronopoulos
--     and Kuck, "Guided Self-Scheduling", IEEE Transactions on Computers C-36, 1987; factoring,
--     Hummel, Schonberg and Flynn, CACM 35, 1992), if it is known how much that is
--   * a job that has used up its time, because its items are longer than was expected, gives back
--     those it has not begun; they are cut anew (`rests`)
--   * while the next result in order is not there yet, chunks behind it go on being sent
--
-- A chunk is known by the number of its job. Its way, in terms of the fields below:
--   source or `rests` → `unsent` (if the pool's queue is full) → `jobs` (`running` of them)
--   → its number comes out of `ends` → `ready` → `current` → dropped
-- Invariants: taken - delivered <= buffer, where an item counts as delivered when the next one is
-- asked for; all of `rests`, `unsent`, `jobs`, `ready` and `current` together are the items from
-- `delivered` to `taken`, each once.
local tm, core = ...
local type, error, pcall, tostring = type, error, pcall, tostring
local setmetatable, getmetatable, run_chunk = setmetatable, debug.getmetatable, tm._run_chunk
local pack, now, own_interruption = core.pack, tm.now, core.own_interruption
local chunks = core.chunks
local take, take_first, open, drop = chunks.take, chunks.take_first, chunks.open, chunks.drop
local huge = math.huge

local target_seconds = core.chunk_seconds
local longest_seconds = 2e-3  -- after which a job gives back what it has not begun
local largest_chunk = 4096
local growth = 8              -- of a chunk over the largest measured so far
local memory = 0.75           -- weight of what was measured before, per chunk

local Map = {}
Map.__index = Map
Map.__name = "map"

local map_options = {
  chunk = "number", buffer = "number", ordered = "boolean", errors = "string", timeout = "number",
  progress = "boolean string",
}

-- Raises if a map is to be where the items come from: the first value that it gives is an index.
function core.check_no_map(what, items)
  if getmetatable(items) ~= Map then return end
  core.fail("%s (a map gives index and results, so the items would be the indices: give its :collect(), or use a pipeline with two stages)",
    what)
end

local function check_map_options(options)
  options = core.check_options("map", options, map_options)
  local errors, timeout = options.errors, options.timeout
  if errors and errors ~= "raise" and errors ~= "return" then
    core.fail("map: errors must be 'raise' or 'return', not '%s'", errors)
  end
  if timeout and timeout ~= timeout then core.fail("map: timeout must not be NaN") end
  if type(options.progress) == "string" and options.progress:find("\0", 1, true) then
    core.fail("map: progress: a label must not contain a zero byte")
  end
  return options
end

function core.pool_methods.map(pool, fn, items, options)
  core.check_self("map", pool, core.pool_methods, "pool")
  core.check_function("map", 1, fn)
  options = check_map_options(options)
  local workers = pool:stats().workers
  local buffer = core.check_count("map: buffer", options.buffer, 1)
  local fixed = core.check_count("map: chunk", options.chunk, 1)
  if fixed and fixed > 0x7FFFFFFF then fixed = 0x7FFFFFFF end
  local self = setmetatable({
    pool = pool, workers = workers,
    fixed = fixed, buffer = buffer,
    ordered = options.ordered ~= false, go_on = options.errors == "return",
    size = 1,                       -- items in the next chunk
    seconds = 0, items_done = 0,    -- of the last few chunks
    limit = 3 * workers,            -- of chunks that are running
    taken = 0,                      -- items from the source so far
    delivered = 0,                  -- items given to the consumer, those of `current` not included
    running = 0,                    -- chunks that a job has or will have
    waiting = 0,                    -- chunks in `ready`
    jobs = {}, sent = {}, guards = {}, last = 0,  -- by number: job, chunk, its watch
    rests = {},                     -- chunks that were given back
    ready = {}, first = 1, after = 1,  -- by the index of their first item, or in line from first
    left = 0,                       -- results in `current` that are not an error that is raised
  }, Map)
  if fixed and buffer then self.limit = huge end
  core.set_source(self, items)
  self.packed = pack(fn)
  self.progress = options.progress or nil
  if options.timeout and options.timeout < huge then
    self.timeout, self.deadline = options.timeout, now() + options.timeout
  end
  return self, nil, nil, self
end

-- Where it is, with what it holds.

local function delivered_now(self)
  local current = self.current
  if not current then return self.delivered end
  return self.delivered + current.count - (current.failed and 1 or 0) - self.left
end

local function close_bar(self)
  local bar = self.bar
  self.bar = nil
  if bar then bar:close() end
end

-- Cancels what is under way and waits for it, unless this task is itself to end: the jobs are its
-- children.
local function cancel_rest(self)
  self.over, self.current, self.left, self.ready, self.rests = true, nil, 0, {}, {}
  local jobs = self.jobs
  self.jobs, self.sent, self.guards, self.running, self.waiting = {}, {}, {}, 0, 0
  for _, job in pairs(jobs) do
    if job then job:cancel() end
  end
  pcall(close_bar, self)
  pcall(function()
    for _, job in pairs(jobs) do
      if job then job:join() end
    end
  end)
end
Map.__close = cancel_rest

local function expire(self)
  local done, total = delivered_now(self), self.total
  cancel_rest(self)
  error(core.new_error("timeout", ("map: %d of %s items done after %s s"):format(done,
    total and tostring(total) or "an unknown number of", tostring(self.timeout))), 0)
end

-- After a wait: another task may have closed it meanwhile, and whoever waited has not seen its end.
local function check_open(self)
  if self.over then error(core.new_error("closed", "map: another task has closed it"), 0) end
end

-- How many items the next chunk gets; 0: none for now. `left`: how many are still to come, if known.
local function next_size(self, left)
  local size, fixed, buffer = self.fixed or self.size, self.fixed, self.buffer
  if not fixed and buffer then
    local share = buffer // (3 * self.workers)
    if size > share then size = share > 1 and share or 1 end
  end
  if not fixed and left then
    local share, least = left // (2 * self.workers), self.size // 16
    if share < least then share = least end
    if size > share then size = share > 1 and share or 1 end
  end
  if left and size > left then size = left end
  return size
end

-- The rest that comes first, cut to size.
local function take_rest(self)
  local rests, at = self.rests, 1
  if #rests == 0 then return nil end
  for i = 2, #rests do
    if rests[i].first < rests[at].first then at = i end
  end
  local rest = rests[at]
  local size = self.size
  if size >= rest.count then return table.remove(rests, at) end
  local part = { chunk = chunks.cut(rest.chunk, size), first = rest.first, count = size }
  rest.first, rest.count = rest.first + size, rest.count - size
  return part
end

-- A chunk of new items; nil if there are none for now.
local function take_new(self)
  if self.exhausted then return nil end
  local left = self.total and self.total - self.taken
  if left == 0 then
    self.exhausted = true
    return nil
  end
  local size = next_size(self, left)
  if self.buffer then
    local room = self.buffer - (self.taken - self.delivered)
    if room <= 0 then return nil end
    if size > room then size = room end
  end
  local first = self.taken + 1
  if not self.items then
    self.taken = self.taken + size
    return { chunk = chunks.new(first, size), first = first, count = size }
  end
  local chunk = chunks.new(first, 0)
  local n = self.fill(self, chunk, size)
  if n == 0 then return nil end
  self.taken = self.taken + n
  return { chunk = chunk, first = first, count = n }
end

-- Whether a chunk of new items may be sent. With a result at hand there is no hurry; else those
-- behind it keep the workers busy.
local function may_send_new(self, at_hand)
  return self.running < self.limit
    and (self.buffer or self.running + self.waiting < (at_hand and 3 or 32) * self.workers)
end

local function forget(self, number)
  self.jobs[number], self.sent[number], self.guards[number] = nil, nil, nil
end

-- Submits `entry`: false if the pool's queue is full and there is something else to do.
local function submit(self, entry, patient)
  if not entry.ready then
    chunks.send(entry.chunk)
    entry.ready = true
  end
  local seconds = not self.fixed and longest_seconds or nil
  local pool, job = self.pool, nil
  local number = self.last + 1
  -- The places for it first: once it is submitted only the watch may fail.
  self.jobs[number], self.sent[number], self.guards[number] = false, entry, false
  self.last = number
  if patient then
    local left = self.deadline and self.deadline - now()
    if left and left <= 0 then left = 0 end
    job = core.submit_within(pool, left, run_chunk, self.packed, entry.chunk, seconds, self.go_on, self.deadline)
  else
    job = pool:try_submit(run_chunk, self.packed, entry.chunk, seconds, self.go_on, self.deadline)
  end
  if not job then
    forget(self, number)
    return false
  end
  self.running = self.running + 1
  self.jobs[number] = job
  self.guards[number] = core.watch_into(self.ends, job, number)
  return true
end

-- Sends chunks as long as more are wanted and there.
local function send_ahead(self, at_hand)
  self.dry = false
  while self.running < self.limit do
    local entry = self.unsent or take_rest(self) or may_send_new(self, at_hand) and take_new(self)
    check_open(self)
    if not entry then return end
    self.unsent = entry
    local ok, sent = pcall(submit, self, entry, not at_hand and self.running == 0)
    if not ok then
      if own_interruption(sent) then error(sent, 0) end
      local job = self.jobs[self.last]
      if job and not self.guards[self.last] then  -- nobody would hear of its end
        self.running = self.running - 1
        job:cancel()
      end
      -- It is raised behind what is under way.
      self.exhausted, self.source_failed, self.source_error = true, true, sent
      self.rests, self.unsent = {}, nil
      return
    end
    if not sent then return end
    self.unsent = nil
  end
end

-- The size follows the mean of the last few chunks: one long item among many does not make the
-- next ones tiny.
local function adapt(self, seconds, done, whole)
  if self.fixed then return end
  self.seconds = self.seconds * memory + seconds
  self.items_done = self.items_done * memory + done
  local fitting = self.seconds > 0 and target_seconds * self.items_done / self.seconds or huge
  local most = whole and done * growth or self.size
  if most < self.size then most = self.size end
  if fitting > most then fitting = most end
  if fitting > largest_chunk then fitting = largest_chunk end
  self.size = fitting < 1 and 1 or fitting // 1 | 0
end

-- The job with this number has ended.
local function harvest(self, number)
  local job, entry = self.jobs[number], self.sent[number]
  forget(self, number)
  self.running = self.running - 1
  local ok, ended = pcall(job.await, job)
  if ok and not ended then return expire(self) end
  if not ok then
    if own_interruption(ended) then error(ended, 0) end
    -- Not an item's error, but of the job: it was cancelled or killed.
    entry.count, entry.broken, entry.problem = 0, true, ended
  else
    local done, seconds, failed, rest = open(entry.chunk)
    adapt(self, seconds, done, not rest)
    if rest then
      self.rests[#self.rests + 1] = { chunk = rest, first = entry.first + done, count = entry.count - done }
    end
    entry.count, entry.failed = done, failed
    if self.bar then self.bar:add(done) end  -- done by a worker, whether it is consumed or not
  end
  self.waiting = self.waiting + 1
  if self.ordered then
    self.ready[entry.first] = entry
  else
    self.ready[self.after] = entry
    self.after = self.after + 1
  end
end

-- Waits for the end of a job; from a stream that has nothing an item may come first.
local function wait(self)
  local left = self.deadline and self.deadline - now()
  if left and left <= 0 then return expire(self) end
  local ends = self.ends
  if not (self.dry and may_send_new(self, false)) then
    local number = ends:recv(left)
    check_open(self)
    if not number then return expire(self) end
    return harvest(self, number)
  end
  local which, value = tm.select({ ends = ends, items = self.items }, left)
  check_open(self)
  if which == "ends" then return harvest(self, value) end
  if which == nil then return expire(self) end
  self.came = value
  if value == nil then self.exhausted = true end
end

-- What is at hand next; it stays in `ready`.
local function next_ready(self)
  if self.ordered then return self.ready[self.delivered + 1] end
  return self.ready[self.first]
end

local function finish_current(self)
  local entry = self.current
  self.current = nil
  self.delivered = self.delivered + entry.count
  if entry.broken then
    local problem = entry.problem
    cancel_rest(self)
    error(problem, 0)
  elseif entry.failed then
    local err, trace = chunks.failure(entry.chunk)
    local index = entry.first + entry.count - 1
    local pool = tostring(self.pool)
    cancel_rest(self)
    core.raise_from(err, ("in item %d of a map over %s"):format(index, pool), trace)
  end
  drop(entry.chunk)
end

local function start(self)
  self.ends = tm.channel(huge, "chunks of a map")
  local progress = self.progress
  if progress then
    self.bar = tm.progress(self.total, type(progress) == "string" and progress or nil)
  end
end

local function advance(self)
  if not self.ends then start(self) end
  while true do
    if self.current then finish_current(self) end
    if self.deadline and now() >= self.deadline then expire(self) end
    for number in function() return (self.ends:try_recv()) end do harvest(self, number) end
    local entry = next_ready(self)
    send_ahead(self, entry ~= nil)
    if self.bar and self.exhausted and not self.total and not self.source_failed then
      self.total = self.taken
      self.bar:total(self.taken)
    end
    if self.expired then expire(self) end  -- while the source was at work
    if entry then
      self.waiting = self.waiting - 1
      if self.ordered then
        self.ready[entry.first] = nil
      else
        self.ready[self.first] = nil
        self.first = self.first + 1
      end
      self.current = entry
      self.left = entry.count - (entry.failed and 1 or 0)
      if self.left > 0 then return true end
    elseif self.running > 0 or self.dry then
      -- Where the jobs wait for something else, the workers can do with more of them.
      if self.running >= self.limit and core.is_starved(self.pool) then
        self.limit = self.limit * 2
        send_ahead(self, false)
      end
      wait(self)
    elseif self.exhausted and not self.unsent and #self.rests == 0 then
      local failed, problem = self.source_failed, self.source_error
      cancel_rest(self)
      if failed then error(problem, 0) end
      return false
    end
  end
end

-- Makes the next chunk's results `current`; false at the end.
local function next_chunk(self)
  if self.over then return false end
  if self.advancing then core.fail("map: two tasks cannot consume it at once") end
  self.advancing = true
  local ok, result = pcall(advance, self)
  self.advancing = false
  if not ok then error(result, 0) end
  return result
end

-- What is wrong with results that cannot be rebuilt here is their item's failure.
local function kept(self, ok, index, ...)
  if ok then return index, ... end
  if own_interruption(index) then error(index, 0) end
  return chunks.position(self.current.chunk), nil, index
end

function Map:__call()
  if self.left == 0 and not next_chunk(self) then return nil end
  if self.deadline and now() >= self.deadline then expire(self) end
  self.left = self.left - 1
  if self.go_on then return kept(self, pcall(take, self.current.chunk)) end
  return take(self.current.chunk)
end

-- As a call, but of an item's results only the first; and the error only if there is one.
local function next_first(self)
  if self.left == 0 and not next_chunk(self) then return nil end
  if self.deadline and now() >= self.deadline then expire(self) end
  self.left = self.left - 1
  if self.go_on then return kept(self, pcall(take_first, self.current.chunk)) end
  return take_first(self.current.chunk)
end

function Map:__tostring()
  return ("map: %d of %s items done"):format(delivered_now(self), self.total and tostring(self.total) or "?")
end

function Map:each(fn)
  core.check_self("each", self, Map, "map")
  core.check_function("each", 1, fn)
  local _ <close> = self
  if not self.go_on then
    for index, value in next_first, self do fn(value, index) end
  else
    for index, value, err in next_first, self do fn(value, index, err) end
  end
end

function Map:fold(acc, fn)
  core.check_self("fold", self, Map, "map")
  core.check_function("fold", 2, fn)
  local _ <close> = self
  if not self.go_on then
    for index, value in next_first, self do acc = fn(acc, value, index) end
  else
    for index, value, err in next_first, self do acc = fn(acc, value, index, err) end
  end
  return acc
end

function Map:collect()
  core.check_self("collect", self, Map, "map")
  local list, errors = chunks.new_list(self.total), self.go_on and {} or nil
  local _ <close> = self
  while self.left > 0 or next_chunk(self) do
    local chunk = self.current.chunk
    if not errors then
      chunks.collect(chunk, list)
    else
      repeat
        local ok, problem = pcall(chunks.collect, chunk, list, errors)
        if not ok then
          if own_interruption(problem) then error(problem, 0) end
          errors[chunks.position(chunk)] = problem
        end
      until ok
    end
    self.left = 0
  end
  return list, errors
end

-- The default pool, one for all states of the engine.
local function get_default_pool()
  local pool = core.default_pool()
  if pool then return pool end
  core.share_pool(core.new_pool(nil, "default"))
  return core.default_pool()
end

function tm.map(fn, items, options)
  return get_default_pool():map(fn, items, options)
end
)lua"
