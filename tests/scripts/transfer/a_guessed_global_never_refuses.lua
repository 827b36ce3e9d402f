local tm, check = require "tidemill", require "_helper"

-- Where _ENV is used as a value any string may name a global: what cannot cross is left behind, with
-- all that was packed of it.
local pool <close> = tm.pool { workers = 1 }
function helper(n) return n + 1 end
nested = { deep = { ok = 1, fine = helper, file = io.tmpfile() } }
capturing = (function() local f = io.tmpfile() return function() return f, wanted_by_it end end)()
wanted_by_it = coroutine.create(print)
friendly = { helper = helper }

local function job(name)
  local env = _ENV
  local _ = { "nested", "capturing", "wanted_by_it", "friendly", "helper" }
  return env.helper(1), env.nested, env.capturing, env.friendly and env.friendly.helper(2), env[name]
end
check.equal(table.pack(pool:submit(job, "helper"):await()).n, 5)
local two, no, none, three = pool:submit(job, "x"):await()
check.equal({ two, no, none, three }, { 2, nil, nil, 3 })

-- Named outright it is refused.
check.raises(function() pool:submit(function() return nested end) end, "cannot send global 'nested'%.deep%.file: a file")
