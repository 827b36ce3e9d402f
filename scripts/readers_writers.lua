-- Readers and writers: a read-write lock lets readers in together and writers alone, and starves neither.
--
-- usage: readers_writers.lua [READERS [WRITERS [WRITES]]]     (default 8, 2 and 25 writes each)
--
-- All are jobs on several workers. The readers come again and again until the writers are done, and
-- overlap so much that the lock is hardly ever free: if it let readers pass a waiting writer, the
-- program would not end. Each job notes when it held the lock; from that the main task finds out who
-- held it together.

local tm = require "tidemill"

-- Holds the lock for a while. Notes when, and how long it waited for it.
local function hold(take, lock, seconds, log)
  local asked = tm.now()
  local _ <close> = take(lock)
  local from = tm.now()
  tm.sleep(seconds)
  table.insert(log, { from = from, to = tm.now(), waited = from - asked })
end

local function read_on(lock, finished)
  local log = {}
  while not finished:is_set() do hold(lock.read, lock, 0.001, log) end
  return log
end

local function write_some(lock, writes)
  local log = {}
  for _ = 1, writes do
    hold(lock.write, lock, 0.0005, log)
    tm.sleep(0.001)
  end
  return log
end

-- Goes through the times in order. → most readers at once, how often a writer was not alone
local function examine(reads, writes)
  local moments = {}
  local function add(log, kind)
    for _, span in ipairs(log) do
      table.insert(moments, { time = span.from, kind = kind, step = 1 })
      table.insert(moments, { time = span.to, kind = kind, step = -1 })
    end
  end
  add(reads, "reader")
  add(writes, "writer")
  table.sort(moments, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.step < b.step  -- who left when another came was not there with it
  end)
  local inside, most_readers, conflicts = { reader = 0, writer = 0 }, 0, 0
  for _, moment in ipairs(moments) do
    inside[moment.kind] = inside[moment.kind] + moment.step
    most_readers = math.max(most_readers, inside.reader)
    if inside.writer > 1 or (inside.writer == 1 and inside.reader > 0) then
      conflicts = conflicts + 1
    end
  end
  return most_readers, conflicts
end

local function joined(logs)
  local all, longest = {}, 0
  for _, log in ipairs(logs) do
    for _, span in ipairs(log) do
      table.insert(all, span)
      longest = math.max(longest, span.waited)
    end
  end
  return all, longest
end

local function main(readers, writers, writes)
  local pool <close> = tm.pool { workers = 3 }
  local lock, finished = tm.rwlock(), tm.event()
  local reading, writing = {}, {}
  for i = 1, readers do reading[i] = pool:submit(read_on, lock, finished) end
  for i = 1, writers do writing[i] = pool:submit(write_some, lock, writes) end
  local written, longest_write = joined(tm.all(writing))
  finished:set()
  local read, longest_read = joined(tm.all(reading))

  local most_readers, conflicts = examine(read, written)
  print(("readers: %d, at most %d at once"):format(readers, most_readers))
  print(("writers: %d, each alone: %s"):format(writers, conflicts == 0 and "yes" or "NO"))
  print(("writes: %d of %d"):format(#written, writers * writes))
  print(("reads: %d"):format(#read))
  print(("longest wait: %.1f ms of a writer, %.1f ms of a reader"):format(
    longest_write * 1e3, longest_read * 1e3))
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("readers_writers: ", message, "\n",
    "usage: readers_writers.lua [READERS [WRITERS [WRITES]]]\n")
  os.exit(2)
end

local function count(word, what)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 then
    misuse(("%s must be a whole number of at least 1, not '%s'"):format(what, word))
  end
  return n
end

if #arg > 3 then misuse("too many arguments") end
main(count(arg[1] or "8", "READERS"), count(arg[2] or "2", "WRITERS"),
  count(arg[3] or "25", "WRITES"))
