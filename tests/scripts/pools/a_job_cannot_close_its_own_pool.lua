local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
for _, options in ipairs { {}, { cancel = true }, { cancel = true, timeout = 0 } } do
  local kind = pool:submit(function()
    local _, err = pcall(pool.close, pool, options)
    return err.kind
  end):await()
  check.equal(kind, "deadlock")
end
check.equal(pool:submit(function() return "open" end):await(), "open")
