-- Ways to count together: updates that get lost, a mutex, an atomic, counting apart with a sum.
--
-- usage: counter.lua [COUNTERS [TIMES]]     (default 4 and 20000 times each)
--
-- Tasks of one Lua state share variables and switch only where one of them waits. So `n = n + 1` is
-- safe, and reading, waiting, then writing is not. Jobs of a pool run in parallel and share no
-- variables: they count in an atomic, or each for itself.

local tm = require "tidemill"

-- Runs fn `counters` times at once and waits for all.
local function together(counters, fn)
  tm.scope(function(scope)
    for _ = 1, counters do scope:spawn(fn) end
  end)
end

local function lost_updates(counters, times)
  local count = 0
  together(counters, function()
    for _ = 1, times do
      local seen = count
      tm.yield()  -- stands for anything that waits
      count = seen + 1
    end
  end)
  return count
end

local function with_a_mutex(counters, times)
  local count, mutex = 0, tm.mutex()
  together(counters, function()
    for _ = 1, times do
      local _ <close> = mutex:lock()
      local seen = count
      tm.yield()
      count = seen + 1
    end
  end)
  return count
end

local function add_each(count, times)
  for _ = 1, times do
    tm.yield()
    count:add(1)  -- reads and writes in one step
  end
end

local function with_an_atomic(counters, times)
  local pool <close> = tm.pool()
  local count, jobs = tm.atomic(), {}
  for i = 1, counters do jobs[i] = pool:submit(add_each, count, times) end
  tm.all(jobs)
  return count:get()
end

local function count_alone(times)
  local count = 0
  for _ = 1, times do
    local seen = count
    tm.yield()
    count = seen + 1
  end
  return count
end

local function apart(counters, times)
  local pool <close> = tm.pool()
  local jobs, sum = {}, 0
  for i = 1, counters do jobs[i] = pool:submit(count_alone, times) end
  for _, count in ipairs(tm.all(jobs)) do sum = sum + count end
  return sum
end

local function main(counters, times)
  local expected = counters * times
  print(("%-32s %10s %10s %9s"):format(
    ("%d count to %d"):format(counters, times), "count", "lost", "time"))
  for _, way in ipairs {
    { "read, yield, write", lost_updates },
    { "the same with a mutex", with_a_mutex },
    { "jobs that add to an atomic", with_an_atomic },
    { "each job for itself, then the sum", apart },
  } do
    local started = tm.now()
    local count = way[2](counters, times)
    print(("%-33s %9d %10d %6.1f ms"):format(
      way[1], count, expected - count, (tm.now() - started) * 1e3))
  end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("counter: ", message, "\nusage: counter.lua [COUNTERS [TIMES]]\n")
  os.exit(2)
end

local function count(word, what)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 then
    misuse(("%s must be a whole number of at least 1, not '%s'"):format(what, word))
  end
  return n
end

if #arg > 2 then misuse("too many arguments") end
main(count(arg[1] or "4", "COUNTERS"), count(arg[2] or "20000", "TIMES"))
