local tm, check = require "tidemill", require "_helper"

local a = tm.atomic(1)
for _, wrong in ipairs { "1", true, {}, print, a } do
  check.raises(function() tm.atomic(wrong) end,
    "wrong_arguments_are_refused.lua:%d+: .*#1.*number expected, got")
  for _, name in ipairs { "set", "swap", "add", "sub", "max", "min" } do
    check.raises(function() a[name](a, wrong) end, "wrong_arguments.*#2 to .*number expected, got")
  end
  check.raises(function() a:cas(wrong, 1) end, "#1 to 'cas' %(number expected, got")
  check.raises(function() a:cas(1, wrong) end, "#2 to 'cas' %(number expected, got")
end
for _, name in ipairs { "set", "swap", "max", "min", "cas" } do
  check.raises(function() a[name](a) end, "number expected, got no value")
end
check.raises(function() a:set(nil) end, "#1 to 'set' %(number expected, got nil")
check.raises(function() a.add(tm.event(), 1) end, "atomic expected, got event")
check.raises(function() a.add() end, "atomic expected, got no value")
check.raises(function() a:no_such() end, "no_such")
check.equal(a:get(), 1)
