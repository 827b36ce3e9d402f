-- A job whose items turn out to be long leaves those it has not begun to other workers.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local long = 40
local function work(i, _)
  if i > 3000 and i <= 3000 + long then
    local stop = tm.now() + 0.005
    while tm.now() < stop do end
    return tostring(tm)  -- of the worker
  end
end
local by = {}
for index, worker in pool:map(work, 6000) do
  if worker then by[worker] = (by[worker] or 0) + 1 end
end
local counts = {}
for _, count in pairs(by) do counts[#counts + 1] = count end
table.sort(counts)
check.equal(#counts, 2, "one worker did all of them")
check.truthy(counts[1] >= 5, "one worker did " .. counts[2])

-- With a chunk chosen by hand a job does what it was given.
local done = tm.atomic(0)
for index in pool:map(function(i)
  tm.sleep(0.003)
  done:add(1)
  return i
end, 4, { chunk = 4 }) do
  check.equal(done:get(), 4)
end
