-- Closing a pool by <close> leaves the error that ends the block alone, whatever its type.
local tm, check = require "tidemill", require "_helper"

for _, value in ipairs { "text", { code = 1 }, 0, 17, true, false } do
  local kept
  local ok, err = pcall(function()
    local pool <close> = tm.pool { workers = 1 }
    kept = pool
    pool:submit(tm.sleep, 0.001)
    error(value, 0)
  end)
  check.equal({ ok, err }, { false, value })
  check.raises(function() kept:submit(print) end, "closed")
end
