local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local object = setmetatable({ code = 7 }, { __tostring = function() return "code 7" end })
for i, value in pairs { "text", "", 42, 4.5, true, false, object, { { 1 }, nested = { 2 } }, pool } do
  local ok, err = pcall(function()
    return pool:map(function(v) error(v, 0) end, { value }):collect()
  end)
  check.equal({ ok, math.type(err) or type(err) }, { false, math.type(value) or type(value) }, i)
  check.equal(err, value, i)
end
local outcome = table.pack(pcall(function() pool:map(function() error(nil) end, 1):collect() end))
check.equal(outcome, { false, nil, n = 2 })
