-- The schedule against a plain simulation, and Graham's bounds for any order.
local tm, check = require "tidemill", require "_helper"

math.randomseed(11)
for _ = 1, 200 do
  local workers, list, free = math.random(6), {}, {}
  local interval = math.random(2) == 1 and math.random() / 2 or nil
  for i = 1, workers do free[i] = 0 end
  local last = 0
  for i = 1, math.random(0, 30) do
    list[i] = math.random(3) == 1 and math.random() * 5 or math.random()
    local first = 1
    for w = 2, workers do if free[w] < free[first] then first = w end end
    free[first] = math.max(free[first], (i - 1) * (interval or 0)) + list[i]
    last = math.max(last, free[first])
  end
  local model = tm.model { workers = workers, service = list, arrival = interval and 1 / interval }
  check.truthy(math.abs(model.makespan - last) < 1e-9, tostring(model))
  check.truthy(model.lower <= last + 1e-9 and last <= model.upper + 1e-9, tostring(model))
  -- Equal jobs with arrivals have a formula.
  if #list > 0 then
    local equal = {}
    for i = 1, #list do equal[i] = 0.5 end
    local stepwise = tm.model { workers = workers, service = equal, arrival = 3 }
    local formula = tm.model { workers = workers, service = 0.5, jobs = #list, arrival = 3 }
    check.truthy(math.abs(stepwise.makespan - formula.makespan) < 1e-9, tostring(formula))
  end
end
