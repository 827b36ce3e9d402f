-- What a state keeps to know its handles by is not to stay as large as it was when a job had very many.
local tm, check = require "tidemill", require "_helper"

local other = tm.pool { workers = 1, name = "other" }
local function memory()
  collectgarbage()
  return collectgarbage "count"
end
for _ = 1, 4 do
  local pool <close> = tm.pool { workers = 1, memory_limit = 1750000 }
  local before = pool:submit(memory):await()
  local ok, err = pool:submit(function()
    for _ = 1, math.huge do other:submit(tm.sleep, 100) end
  end):join()
  check.equal({ ok, err.kind }, { false, "limit" })
  local kept = pool:submit(memory):await() - before
  check.truthy(kept < 600, ("%.0f KiB are kept"):format(kept))
end
other:close { cancel = true }
