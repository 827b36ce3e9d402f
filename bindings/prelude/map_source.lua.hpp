R"lua(
-- Where a map's items come from: a function fill(self, chunk, n) for each kind of source, which gives
-- the chunk up to n items and returns how many. When there are no more it sets `exhausted`.
local tm, core = ...
local type, error, pcall, getmetatable = type, error, pcall, debug.getmetatable
local now, own_interruption, chunks = tm.now, core.own_interruption, core.chunks

local target_seconds = 1e-3  -- that a chunk should take
core.chunk_seconds = target_seconds

-- A C function blames whoever called it, which is us, by the name that we have for it.
function core.without_our_line(problem, called, name)
  if type(problem) ~= "string" then return problem end
  local text, ours = problem:gsub("^%[tidemill%]:%d+: ", "")
  if ours == 0 then return problem end
  return (text:gsub(called, name, 1))
end

local function fill_from_list(self, chunk, n)
  return chunks.put(chunk, self.items, self.taken + 1, n)
end

-- An error of the source belongs to the item that it did not give: those before come first.
local function source_failed(self, problem)
  if own_interruption(problem) then error(problem, 0) end
  self.exhausted, self.source_failed = true, true
  self.source_error = core.without_our_line(problem, "'iterate'", "the iterator")
end

-- Not for longer than a chunk should take: what has come so far is not to wait for the rest.
local function pull(self, chunk, n)
  local iterate, add, began = self.items, chunks.add, now()
  for _ = 1, n do
    local value = iterate()
    if value == nil then
      self.exhausted = true
      return
    end
    if not add(chunk, value) or now() - began > target_seconds then return end
  end
end

local function fill_from_iterator(self, chunk, n)
  local ok, problem = nil, nil
  if not self.deadline then
    ok, problem = pcall(pull, self, chunk, n)
  else
    local left = self.deadline - now()
    if left > 0 then ok, problem = pcall(tm.timeout, left, pull, self, chunk, n) end
    if not ok and now() >= self.deadline and not own_interruption(problem) then
      self.expired, ok = true, true
    end
  end
  if not ok then source_failed(self, problem) end
  return chunks.count(chunk)
end

-- From a channel, a queue or the end of a pipe: only what is there, unless nothing else is to come.
local function fill_from_stream(self, chunk, n)
  local items, try, add = self.items, self.try, chunks.add
  for i = 1, n do
    local value, reason = self.came, nil
    self.came = nil
    if value == nil then value, reason = try(items) end
    if value == nil then
      if reason ~= "empty" then self.exhausted = true else self.dry = true end
      return i - 1
    end
    if not add(chunk, value) then return i end
  end
  return n
end

local streams = {
  channel = function(channel) return channel:try_recv() end,
  queue = function(queue) return queue:try_get() end,
  ["pipe end"] = function(pipe)
    local value, reason = pipe:recv(0)
    return value, reason == "timeout" and "empty" or reason
  end,
}

-- Sets `items`, `fill`, and `total` if it is known.
function core.set_source(self, items)
  core.check_no_map("bad argument #2 to 'map'", items)
  local kind, meta = type(items), getmetatable(items) or {}
  local stream = kind == "userdata" and streams[meta.__name]
  self.items = items
  if kind == "number" then
    self.items, self.total = nil, core.check_count("map: the number of items", items, 0)
  elseif stream then
    self.fill, self.try = fill_from_stream, stream
  elseif kind == "function" or meta.__call then
    self.fill = fill_from_iterator
  elseif kind == "table" or meta.__name == "buffer" then
    self.fill, self.total = fill_from_list, #items
  else
    core.fail("bad argument #2 to 'map' (list, iterator, channel, queue, pipe end, buffer or number expected, got %s)",
      core.type_name(items))
  end
end
)lua"
