local tm, check = require "tidemill", require "_helper"

check.equal(table.pack(tm.scope(function() end)), table.pack())
check.equal(table.pack(tm.scope(function() return nil end)), table.pack(nil))
check.equal(table.pack(tm.scope(function() return 1, nil, false, nil end)), table.pack(1, nil, false, nil))
local many = table.pack(tm.scope(function() return table.unpack({}, 1, 300) end))
check.equal(many.n, 300)
local inside
local outside = tm.scope(function(scope)
  inside = tostring(scope)
  scope:spawn(tm.sleep, 0.001)
  check.equal(tostring(scope), "scope open, 1 child")
  return scope
end)
check.equal({ inside, tostring(outside) }, { "scope open, 0 children", "scope ended" })

check.raises(function() tm.scope() end, "a_scope_returns.*function expected")
check.raises(function() tm.scope "x" end, "function expected")
check.raises(function() tm.scope(print, { limit = 1 }) end, "unknown option 'limit'")
check.raises(function() tm.scope(print, { errors = "maybe" }) end, "'raise' or 'report'")
check.raises(function() tm.scope(print, { timeout = 0 / 0 }) end, "NaN")
check.raises(function() tm.scope(print, { timeout = "1" }) end, "number")
