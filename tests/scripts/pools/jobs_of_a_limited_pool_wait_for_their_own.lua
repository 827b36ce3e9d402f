-- A worker whose jobs are used up still runs what its job waits for, if nobody else can.
-- repeat: 3
local tm, check = require "tidemill", require "_helper"

for _, workers in ipairs { 1, 2 } do
  local pool <close> = tm.pool { workers = workers, max_jobs_per_worker = 1 }
  local function tree(depth)
    if depth == 0 then return 1 end
    local a, b = pool:submit(tree, depth - 1), pool:submit(tree, depth - 1)
    return a:await() + b:await()
  end
  check.equal(pool:submit(tree, 5):await(), 32)
  local function parent() pool:submit(tree, 3) end  -- waits for it at its end
  local jobs = {}
  for i = 1, 4 do jobs[i] = pool:submit(parent) end
  for i = 1, 4 do jobs[i]:await() end
end
