local tm, check = require "tidemill", require "_helper"

local function refused(options, pattern)
  local given = { jobs = 10, workers = 2, service = 1 }
  for name, value in pairs(options) do given[name] = value ~= "none" and value or nil end
  check.raises(function() tm.model(given) end, "bad_arguments_are_refused.lua:%d+: .*" .. pattern)
end

refused({ jobs = "none" }, "tm.model: jobs is missing")
refused({ workers = "none" }, "tm.model: workers is missing")
refused({ service = "none" }, "tm.model: service is missing")
refused({ jobs = -1 }, "tm.model: jobs must be a whole number of at least 0")
refused({ jobs = 1.5 }, "jobs must be a whole number")
refused({ workers = 0 }, "workers must be a whole number of at least 1")
refused({ cpus = 0 }, "cpus must be a whole number of at least 1")
refused({ service = -1 }, "service must be a number of at least 0, not %-1")
refused({ service = 0 / 0 }, "service must be a number")
refused({ service = math.huge }, "service must be a number")
refused({ service = { 1, "2" }, jobs = "none" }, "service%[2%] must be a number, not a string")
refused({ service = { 1, -2 }, jobs = "none" }, "service%[2%] must be a number of at least 0")
refused({ service = { 1, 2 } }, "jobs is 10, but there are 2 service times")
refused({ serial = 1.1 }, "serial must be a number from 0 to 1, not 1.1")
refused({ overhead = -1 }, "overhead must be a number of at least 0")
refused({ arrival = 0 }, "arrival must be more than 0")
refused({ measured = 0 }, "measured must be more than 0")
refused({ queue_time = 0 / 0 }, "queue_time must be a number")
refused({ queue_time = 1 }, "queue_time says something only with arrival")
refused({ worker = 1 }, "tm.model: unknown option 'worker'")
check.raises(function() tm.model() end, "table of options or pool expected, got nil")
check.raises(function() tm.model(tm.latch(1)) end, "table of options or pool expected, got latch")
check.raises(function() tm.model({ jobs = 1, workers = 1, service = 1 }, {}) end, "only after a pool")
