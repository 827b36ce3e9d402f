R"lua(
-- What a pool should take for its work, by simple models, and what it took.
--
--   equal jobs        P workers do N jobs of s seconds in rounds of P: ceil(N/P) * s
--   jobs that differ  each goes to the worker that is free first (list scheduling). Whatever the order,
--                     max(longest, sum/P) <= T <= sum/P + (1 - 1/P) * longest
--                     (R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", 1969)
--   a serial part     of fraction f: the speed-up is at most 1 / (f + (1 - f)/P)
--                     (G. M. Amdahl, "Validity of the single processor approach ...", 1967)
--   a queue           L = lambda * W: jobs there = jobs per second * seconds that each is there
--                     (J. D. C. Little, "A Proof for the Queuing Formula L = lambda W", 1961)
local tm, core = ...
local type, math, setmetatable, tostring = type, math, setmetatable, tostring
local huge = math.huge
local format_seconds = core.format_seconds

local Model = tm.class("tidemill.model", { __name = "model of a pool" })

-- A number from `least` to `most`, as a float, which cannot run over; or nil.
local function check_number(name, value, least, most)
  if value == nil then return nil end
  if type(value) ~= "number" or not (value >= least and value <= (most or huge)) or value == huge then
    core.fail("tm.model: %s must be a number %s, not %s", name,
      most and ("from %g to %g"):format(least, most) or ("of at least %g"):format(least), tostring(value))
  end
  return value + 0.0
end

-- The end of the last of `services` (each `factor` times as long, plus `overhead`), when each begins
-- in turn at the worker that is free first, but not before it arrives. A heap of the moments at which
-- the workers are free.
local function schedule(services, workers, factor, overhead, interval)
  local free, last = {}, 0
  for i = 1, math.min(workers, #services) do free[i] = 0 end
  local size = #free
  for i = 1, #services do
    local start = math.max(free[1], (i - 1) * interval)
    local done = start + services[i] * factor + overhead
    if done > last then last = done end
    local at = 1
    while true do
      local child = 2 * at
      if child > size then break end
      if child < size and free[child + 1] < free[child] then child = child + 1 end
      if free[child] >= done then break end
      free[at], at = free[child], child
    end
    free[at] = done
  end
  return last
end

-- The same for n equal jobs. With an interval between the arrivals the last job waits for all those
-- in its worker's turn, of which the first or the last arrival decides.
local function equal_schedule(n, workers, seconds, interval)
  if n == 0 then return 0 end
  local rounds = (n - 1) // workers + 1
  return math.max((n - 1) * interval + seconds, (n - 1 - (rounds - 1) * workers) * interval + rounds * seconds)
end

-- The same for workers that compute on fewer CPUs, which the system shares out evenly.
local function shared_schedule(n, workers, cpus, seconds)
  local rest = n % workers
  return n // workers * seconds * workers / cpus + (rest > 0 and seconds * math.max(1, rest / cpus) or 0)
end

local options_known = {
  jobs = "number", workers = "number", service = "number table", arrival = "number", serial = "number",
  overhead = "number", measured = "number", cpus = "number", queue_time = "number",
}

-- The sum, the longest and the number of the service times.
local function add_up(services)
  local sum, longest = 0, 0
  for i = 1, #services do
    if type(services[i]) ~= "number" then
      core.fail("tm.model: service[%d] must be a number, not a %s", i, type(services[i]))
    end
    local seconds = check_number(("service[%d]"):format(i), services[i], 0)
    sum, longest = sum + seconds, math.max(longest, seconds)
  end
  return sum, longest, #services
end

local function compute(options, longest_known)
  options = core.check_options("tm.model", options, options_known)
  local workers = core.check_count("tm.model: workers", options.workers, 1)
  if not workers then core.fail("tm.model: workers is missing") end
  local cpus = core.check_count("tm.model: cpus", options.cpus, 1)
  local jobs = core.check_count("tm.model: jobs", options.jobs, 0)
  local service, list = options.service, nil
  if service == nil then core.fail("tm.model: service is missing") end
  local work, longest
  if type(service) == "table" then
    list = service
    local n
    work, longest, n = add_up(list)
    if jobs and jobs ~= n then core.fail("tm.model: jobs is %d, but there are %d service times", jobs, n) end
    jobs = n
    service = jobs > 0 and work / jobs or 0
  else
    service = check_number("service", service, 0)
    if not jobs then core.fail("tm.model: jobs is missing") end
    work, longest = service * jobs, jobs > 0 and (longest_known or service) or 0
  end
  local overhead = check_number("overhead", options.overhead, 0) or 0
  local serial = check_number("serial", options.serial, 0, 1)
  local arrival = check_number("arrival", options.arrival, 0)
  if arrival == 0 then core.fail("tm.model: arrival must be more than 0") end
  local queue_time = check_number("queue_time", options.queue_time, 0)
  if queue_time and not arrival then core.fail("tm.model: queue_time says something only with arrival") end
  local measured = check_number("measured", options.measured, 0)
  if measured == 0 then core.fail("tm.model: measured must be more than 0") end

  -- With fewer CPUs than workers, jobs that compute run `cpus` at a time.
  local at_once = cpus and math.min(cpus, workers) or workers
  local interval = arrival and 1 / arrival or 0
  local alone = (serial or 0) * work            -- no other job runs meanwhile
  local parallel = 1 - (serial or 0)
  local total = parallel * work + jobs * overhead
  local most = jobs > 0 and parallel * longest + overhead or 0
  local makespan, rounds
  if list then
    makespan = schedule(list, at_once, parallel, overhead, interval)
  else
    local seconds = parallel * service + overhead
    if at_once < workers and not arrival then
      makespan = shared_schedule(jobs, workers, at_once, seconds)
    else
      makespan = equal_schedule(jobs, at_once, seconds, interval)
      if not longest_known and not arrival then rounds = jobs == 0 and 0 or (jobs - 1) // at_once + 1 end
    end
    makespan = math.max(makespan, most)  -- of jobs that are equal only on average
  end
  makespan = alone + makespan
  work = work + jobs * overhead
  local model = {
    jobs = jobs, workers = workers, service = service, longest = longest, overhead = overhead, work = work,
    cpus = cpus, at_once = at_once, rounds = rounds, serial = serial, arrival = arrival,
    makespan = makespan,
    lower = alone + math.max(most, total / at_once),
    upper = alone + total / at_once + (1 - 1 / at_once) * most,
    naive = work / workers,
    speedup = makespan > 0 and work / makespan or 1,
    speedup_limit = 1 / ((serial or 0) + (1 - (serial or 0)) / at_once),
    throughput = makespan > 0 and jobs / makespan or jobs > 0 and huge or 0,
    utilisation = makespan > 0 and work / (makespan * at_once) or 0,
  }
  model.naive_error = makespan > 0 and (model.naive - makespan) / makespan or 0
  if arrival then
    local offered = arrival * (service + overhead)  -- workers that are busy on average, if that many
    model.lower = math.max(model.lower, jobs > 0 and (jobs - 1) * interval + overhead or 0)
    model.upper = model.upper + (jobs > 0 and (jobs - 1) * interval or 0)
    model.waits_for_arrivals = (jobs - 1) * interval > total / at_once
    model.load = offered / at_once
    model.in_service = math.min(offered, at_once)
  end
  if queue_time then
    model.queue_time = queue_time
    model.in_queue = arrival * queue_time
    model.in_system = arrival * (queue_time + service + overhead)
  end
  if measured then
    model.measured = measured
    model.difference = makespan > 0 and (measured - makespan) / makespan or huge
  end
  return setmetatable(model, Model)
end

local pool_options = {
  arrival = "number", serial = "number", overhead = "number", measured = "number", cpus = "number",
}

-- From what a pool has measured of its jobs so far. Its rate of arrivals goes into Little's law only:
-- as it is jobs by time, a makespan made of it would be the time that went by.
local function compute_from_pool(stats, options)
  options = core.check_options("tm.model", options, pool_options)
  local service, queue = stats.service_time, stats.queue_time
  if service.count == 0 then core.fail("tm.model: no job of %s has ended", stats.title) end
  local model = compute({
    jobs = service.count, workers = stats.workers, service = service.mean, serial = options.serial,
    overhead = options.overhead, measured = options.measured, cpus = options.cpus, arrival = options.arrival,
  }, service.max)
  local arrival = options.arrival or stats.arrival_rate
  model.arrival = arrival
  model.queue_time = queue.mean
  model.in_queue = arrival * queue.mean
  model.in_service = arrival * service.mean
  model.in_system = model.in_queue + model.in_service
  model.load = model.in_service / model.at_once
  model.measured_utilisation = stats.utilisation
  return model
end

local function is_pool(value)
  local meta = debug.getmetatable(value)
  return type(value) == "userdata" and type(meta) == "table" and meta.__index == core.pool_methods
end

function tm.model(what, options)
  if is_pool(what) then return compute_from_pool(what:stats(), options) end
  if type(what) ~= "table" then
    core.fail("bad argument #1 to 'model' (table of options or pool expected, got %s)", core.type_name(what))
  end
  if options ~= nil then core.fail("tm.model takes a second argument only after a pool") end
  return compute(what)
end

-- As text -----------------------------------------------------------------------------------------

local function percent(share) return ("%.1f %%"):format(share * 100) end

local function line(lines, label, value, note)
  lines[#lines + 1] = ("  %-13s %10s%s"):format(label, value, note and "   " .. note or "")
end

-- Where the naive formula holds, and what it leaves out where it does not.
local function about_naive(model)
  local error = model.naive_error
  if math.abs(error) < 0.0005 then return "exact here" end
  local text = ("%s too %s"):format(percent(math.abs(error)), error < 0 and "short" or "long")
  if model.at_once < model.workers then return text .. ": there are fewer CPUs than workers" end
  if model.waits_for_arrivals then return text .. ": jobs have to arrive first" end
  if model.serial and model.serial > 0 then return text .. ": a part is serial" end
  if model.rounds then return text .. ": the last round is not full; right for jobs >> workers, or workers | jobs" end
  return text .. ": at the end workers wait for the last ones; right for jobs >> workers"
end

function Model.__tostring(model)
  local lines = { ("model of %d job%s of %s on %d worker%s"):format(model.jobs, model.jobs == 1 and "" or "s",
    format_seconds(model.service), model.workers, model.workers == 1 and "" or "s") }
  if model.at_once < model.workers then lines[1] = lines[1] .. (", %d CPU%s"):format(model.cpus, model.cpus == 1 and "" or "s") end
  line(lines, "makespan", format_seconds(model.makespan), model.rounds and ("ceil(%d/%d) = %d round%s"):format(
    model.jobs, model.at_once, model.rounds, model.rounds == 1 and "" or "s") or nil)
  line(lines, "bounds", format_seconds(model.lower), "to " .. format_seconds(model.upper))
  line(lines, "naive", format_seconds(model.naive), about_naive(model))
  line(lines, "speed-up", ("%.2f"):format(model.speedup), ("of at most %.2f, utilisation %s"):format(
    model.speedup_limit, percent(model.utilisation)))
  line(lines, "throughput", ("%.4g/s"):format(model.throughput))
  if model.load then
    line(lines, "load", percent(model.load), ("%.4g jobs/s come in, %.2f in service on average%s"):format(
      model.arrival, model.in_service, model.load >= 1 and "; more than can be done: the queue grows" or ""))
  end
  if model.in_system then
    line(lines, "in the system", ("%.2f"):format(model.in_system), ("jobs on average: %.2f in the queue for %s each"):format(
      model.in_queue, format_seconds(model.queue_time)))
  end
  if model.measured then
    line(lines, "measured", format_seconds(model.measured), ("%s %s than predicted"):format(
      percent(math.abs(model.difference)), model.difference < 0 and "less" or "more"))
  end
  if model.measured_utilisation then line(lines, "workers busy", percent(model.measured_utilisation)) end
  return table.concat(lines, "\n")
end
)lua"
