local tm, check = require "tidemill", require "_helper"

local model = tm.model { jobs = 1000, workers = 4, service = 0.02, arrival = 150, queue_time = 0.01 }
check.truthy(math.abs(model.load - 0.75) < 1e-12)
check.truthy(math.abs(model.in_service - 3) < 1e-12)
check.truthy(math.abs(model.in_queue - 1.5) < 1e-12)
check.truthy(math.abs(model.in_system - 4.5) < 1e-12)
check.truthy(math.abs(model.makespan - (999 / 150 + 0.02)) < 1e-9)
check.truthy(tostring(model):find("in the system +4%.50 +jobs on average: 1%.50 in the queue for 10 ms each"))
check.truthy(tostring(tm.model { jobs = 9, workers = 1, service = 1, arrival = 2 }):find "the queue grows")
