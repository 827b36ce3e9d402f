-- How long a thread pool takes for N jobs on P workers: a model beside the measurement.
--
-- usage: thread_pool.lua [MILLISECONDS [JOBS]]     (default 20 and 23)
--
-- Two kinds of jobs. Those that compute are calibrated loops: they need a CPU, so more workers than
-- CPUs do not make them faster. Those that wait free their worker for the next one: all of them wait
-- at the same time, as if each had a worker to itself. tm.model predicts from the time of one job; the
-- difference is small if nobody else uses the machine.

local tm = require "tidemill"

-- A job that computes for a given time --------------------------------------------------------------

local function spin(rounds)
  local x = 0
  for i = 1, rounds do x = (x * 31 + i) % 1000003 end
  return x
end

-- What `rounds` take on a worker while `at_once` workers compute: the mean of some.
local function seconds_of(rounds, at_once)
  local pool <close> = tm.pool { workers = at_once }
  return pool:map(function()
    local started = tm.now()
    spin(rounds)
    return tm.now() - started
  end, 4 * at_once, { chunk = 1 }):fold(0, function(sum, seconds) return sum + seconds end) / (4 * at_once)
end

-- Rounds of `spin` for `seconds`.
local function calibrate(seconds)
  local rounds = 10000
  while true do
    local took = seconds_of(rounds, 1)
    if took > seconds / 4 then return math.ceil(rounds * seconds / took) end
    rounds = rounds * 4
  end
end

-- Measuring -----------------------------------------------------------------------------------------

-- The time that n jobs take on a pool whose workers have all started, and what the jobs returned.
local function makespan(workers, n, job, argument)
  local pool <close> = tm.pool { workers = workers }
  local gate = tm.barrier(workers)
  local jobs = {}
  for i = 1, workers do jobs[i] = pool:submit(function() gate:wait() end) end
  tm.all(jobs)
  local started = tm.now()
  jobs = {}
  for i = 1, n do jobs[i] = pool:submit(job, argument) end
  local results = tm.all(jobs)
  return tm.now() - started, results
end

local function median(list)
  table.sort(list)
  return list[(#list + 1) // 2]
end

local function ms(seconds) return ("%8.1f ms"):format(seconds * 1000) end

local function print_head(title)
  print("\n" .. title)
  print("   jobs  workers    predicted     measured  difference      N*s/P  speed-up")
end

local function print_row(n, workers, model)
  print(("  %5d  %7d  %s  %s    %+6.1f %% %s  %8.2f"):format(n, workers, ms(model.makespan),
    ms(model.measured), model.difference * 100, ms(model.naive), n * model.service / model.measured))
end

local function fail(message)
  io.stderr:write("thread_pool: ", message, "\n")
  os.exit(1)
end

local function check(model)
  local slack = 1e-9
  if model.makespan < model.lower - slack or model.makespan > model.upper + slack then
    fail("the prediction is out of its bounds\n" .. tostring(model))
  end
end

-- Jobs that compute. One job's time and all jobs' are measured in turn, so that both see the same
-- machine.
local function compare_computing(cases, rounds, cpus)
  local expected, models = spin(rounds), {}
  for _, case in ipairs(cases) do
    local workers, n = case[1], case[2]
    local service, measured = {}, {}
    for attempt = 1, 3 do
      service[attempt] = seconds_of(rounds, math.min(workers, cpus))
      local results
      measured[attempt], results = makespan(workers, n, function(r) return spin(r) end, rounds)
      for i = 1, n do
        if results[i] ~= expected then fail("job " .. i .. " has computed something else") end
      end
    end
    local model = tm.model {
      jobs = n, workers = workers, service = median(service), cpus = cpus, measured = median(measured),
    }
    check(model)
    print_row(n, workers, model)
    models[#models + 1] = model
  end
  return models
end

local function main(milliseconds, n)
  local cpus, seconds = tm.stats().cpus, milliseconds / 1000
  local most = math.min(cpus, 16)
  local cases = { { 1, math.max(n // 4, 1) }, { 2, n } }
  if most > 2 then table.insert(cases, { most, n }) end
  table.insert(cases, { most, 4 * most })
  table.insert(cases, { 2 * most, n })
  print_head(("jobs that compute for %d ms; workers beyond the %d CPU%s share them"):format(milliseconds, cpus,
    cpus == 1 and "" or "s"))
  local computing = compare_computing(cases, calibrate(seconds), cpus)

  print_head(("jobs that wait for %d ms"):format(milliseconds))
  for _, case in ipairs { { 1, n }, { 2, 4 * n } } do
    local measured = makespan(case[1], case[2], function(s) tm.sleep(s) end, seconds)
    print_row(case[2], case[1], tm.model { jobs = case[2], workers = case[2], service = seconds, measured = measured })
  end

  print "\nThe second line in full:\n"
  print(computing[2])
  print "\nJobs of different lengths, the longest last, then first; each goes to the worker that is free first:\n"
  local list = {}
  for i = 1, 12 do list[i] = i * seconds / 6 end
  for _ = 1, 2 do
    local model = tm.model { workers = 3, service = list }
    check(model)
    print(model)
    table.sort(list, function(a, b) return a > b end)
  end

  local within = 0
  for _, model in ipairs(computing) do
    if math.abs(model.difference) <= 0.15 then within = within + 1 end
  end
  print(("\npredictions for jobs that compute within 15 %%: %d of %d"):format(within, #computing))
end

-- Arguments -----------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("thread_pool: ", message, "\nusage: thread_pool.lua [MILLISECONDS [JOBS]]\n")
  os.exit(2)
end

local function count(word, what, most)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 or n > most then
    misuse(("%s must be a whole number from 1 to %d, not '%s'"):format(what, most, word))
  end
  return n
end

if #arg > 2 then misuse("too many arguments") end
main(count(arg[1] or "20", "MILLISECONDS", 10000), count(arg[2] or "23", "JOBS", 4096))
