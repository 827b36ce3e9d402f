local tm, check = require "tidemill", require "_helper"

local function near(actual, expected, what)
  if math.abs(actual - expected) > 1e-9 * math.max(1, math.abs(expected)) then
    error(("%s: expected %.12g, got %.12g"):format(what, expected, actual), 2)
  end
end

for workers = 1, 9 do
  for jobs = 0, 40 do
    local model = tm.model { jobs = jobs, workers = workers, service = 0.02 }
    near(model.makespan, math.ceil(jobs / workers) * 0.02, "makespan")
    near(model.naive, jobs * 0.02 / workers, "naive")
    if jobs % workers == 0 then near(model.naive_error, 0, "error") end
    check.truthy(model.lower <= model.makespan + 1e-12 and model.makespan <= model.upper + 1e-12, tostring(model))
    -- The same jobs as a list, which is scheduled step by step.
    local list = {}
    for i = 1, jobs do list[i] = 0.02 end
    near(tm.model { workers = workers, service = list }.makespan, model.makespan, "as a list")
  end
end

local model = tm.model { jobs = 10, workers = 4, service = 0.02, overhead = 0.005, measured = 0.09 }
near(model.makespan, 0.075, "with overhead")
near(model.difference, 0.2, "difference")
near(model.throughput, 10 / 0.075, "throughput")
near(model.utilisation, 0.25 / 0.3, "utilisation")
near(tm.model { jobs = 100, workers = 4, service = 1, serial = 0.2 }.makespan, 20 + 25 * 0.8, "serial")
near(tm.model { jobs = 100, workers = 4, service = 1, serial = 0.2 }.speedup_limit, 1 / (0.2 + 0.2), "Amdahl")
near(tm.model { jobs = 16, workers = 8, service = 1, cpus = 2 }.makespan, 8, "fewer CPUs")
near(tm.model { jobs = 3, workers = 8, service = 1, cpus = 2 }.makespan, 1.5, "shared CPUs")

-- Numbers at the end of what an integer holds.
check.equal(tm.model({ jobs = math.maxinteger, workers = 1, service = 2 }).makespan, 2.0 ^ 64)
check.equal(tm.model({ jobs = math.maxinteger, workers = 4, service = 1 }).makespan, 2.0 ^ 61)
check.equal(tm.model({ jobs = 0, workers = 4, service = 1 }).rounds, 0)
