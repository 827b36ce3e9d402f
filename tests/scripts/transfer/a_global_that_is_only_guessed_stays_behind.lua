-- Where a function uses _G as a value, every string in it may name a global. Such a global travels
-- if it can, and if it cannot nothing is refused.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
fine = { value = { 5 } }
log = { { "many", { "tables" } }, function() return fine, log end, file = io.tmpfile() }
local function uses()
  local G = _G
  return G.fine.value[1], G[("log")], fine.value == G.fine.value
end
check.equal({ pool:submit(uses):await() }, { 5, nil, true })
for i = 1, 50 do log[i] = { i, function() return log, fine, uses end } end
log[51] = coroutine.create(print)
check.equal({ pool:submit(uses):await() }, { 5, nil, true })
check.equal({ pool:submit(function() return uses() end):await() }, { 5, nil, true })

-- A name that is used for certain is not skipped.
check.raises(function() pool:submit(function() return log end) end, "cannot send global 'log'")
