-- A job server: producers put jobs into a queue by priority, workers take the most urgent first.
--
-- usage: priority_jobs.lua [JOBS [WORKERS [PRODUCERS]]]     (default 6 each of 3, and 2 workers)
--
-- Each worker is a task that takes a job from the queue, has it computed by the pool, and says that
-- it is done. When half of them are, an alarm comes in: it goes ahead of all that wait. `join` waits
-- until everything that was put is done; then `shutdown` ends the workers' loops.

local tm = require "tidemill"

local levels = { [-1] = "alarm", [0] = "urgent", [1] = "normal", [2] = "whenever" }

-- What a job does, on a worker thread of the pool: counts primes below n.
local function count_primes(n)
  local count = 0
  for candidate = 2, n do
    local prime = true
    for d = 2, math.floor(math.sqrt(candidate)) do
      if candidate % d == 0 then
        prime = false
        break
      end
    end
    if prime then count = count + 1 end
  end
  return count
end

local function produce(queue, producer, jobs)
  for i = 1, jobs do
    local priority = (producer + i * i) % 3
    local name = ("%d.%d"):format(producer, i)
    queue:put({ name = name, priority = priority, since = tm.now() }, priority)
  end
end

-- Takes jobs until the queue is shut; notes each in `taken` as it is taken.
local function serve(queue, pool, worker, taken, half_done)
  for job in queue do
    job.waited = tm.now() - job.since
    taken[#taken + 1] = job
    print(("%7d  %-8s  %-6s  %6d"):format(#taken, levels[job.priority], job.name, worker))
    job.result = pool:submit(count_primes, 20000):await()
    queue:task_done()
    if #taken >= taken.half then half_done:set() end
  end
end

-- Whether the priorities never go down, apart from the alarm's.
local function is_ordered(taken)
  local last = 0
  for _, job in ipairs(taken) do
    if job.priority >= 0 and job.priority < last then return false end
    last = math.max(last, job.priority)
  end
  return true
end

local function mean_wait(taken, priority)
  local sum, count = 0, 0
  for _, job in ipairs(taken) do
    if job.priority == priority then sum, count = sum + job.waited, count + 1 end
  end
  return count, sum / math.max(count, 1)
end

local function main(jobs, workers, producers)
  local queue = tm.queue { order = "priority", name = "jobs" }
  local pool <close> = tm.pool { workers = workers }
  local total = jobs * producers
  local taken, half_done = { half = total // 2 }, tm.event()

  local sources, servers = {}, {}
  for i = 1, producers do sources[i] = tm.spawn(produce, queue, i, jobs) end
  tm.all(sources)
  print(tostring(queue))
  print("  taken  priority  job     worker")
  for i = 1, workers do servers[i] = tm.spawn(serve, queue, pool, i, taken, half_done) end

  half_done:wait()
  print(("         an alarm comes in, while %d jobs wait"):format(#queue))
  queue:put({ name = "fire", priority = -1, since = tm.now() }, -1)
  queue:join()
  queue:shutdown()
  tm.all(servers)

  print(("%d jobs put, %d taken and done, the most urgent first: %s"):format(
    total + 1, queue:stats().got, is_ordered(taken) and "yes" or "NO"))
  for priority = -1, 2 do
    local count, seconds = mean_wait(taken, priority)
    if count > 0 then
      print(("%3d %-9s waited %7.2f ms on average"):format(count, levels[priority], seconds * 1e3))
    end
  end
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("priority_jobs: ", message, "\n",
    "usage: priority_jobs.lua [JOBS [WORKERS [PRODUCERS]]]\n")
  os.exit(2)
end

local function count(word, what, most)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 or n > most then
    misuse(("%s must be a whole number from 1 to %d, not '%s'"):format(what, most, word))
  end
  return n
end

if #arg > 3 then misuse("too many arguments") end
main(count(arg[1] or "6", "JOBS", 1000000), count(arg[2] or "2", "WORKERS", 4096),
  count(arg[3] or "3", "PRODUCERS", 1000000))
