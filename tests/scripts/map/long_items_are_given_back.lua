-- A job whose items turn out to be long leaves those it has not begun to other workers.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local long = 40
local done_by = tm.dict()
local function work(i, _)
  if i > 3000 and i <= 3000 + long then
    local stop, me = tm.now() + 0.005, tostring(tm)  -- of the worker
    while tm.now() < stop do end
    -- However late the other one comes, some are left for it.
    if done_by:incr(me) == long // 2 then
      local other
      repeat
        other = 0
        for _, worker in ipairs(done_by:keys()) do
          if worker ~= me then other = done_by:get(worker) end
        end
      until other >= 5
    end
    return me
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
