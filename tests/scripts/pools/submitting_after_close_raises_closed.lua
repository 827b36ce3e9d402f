local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1, name = "kitchen" }
check.equal(pool:submit(function() return 1 end):await(), 1)
pool:close()
for name, submit in pairs {
  submit = function() pool:submit(print) end,
  try_submit = function() pool:try_submit(print) end,
  map = function() pool:map(print, 3):collect() end,
} do
  check.equal(check.raises(submit, "submitting_after_close.*kitchen", name).kind, "closed", name)
end
check.truthy(tostring(pool):find "closed")
local unused = tm.pool { workers = 2 }
unused:close()
check.equal(check.raises(function() unused:submit(print) end).kind, "closed")
