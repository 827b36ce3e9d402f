local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
local function calls(key)
  return {
    get = function() d:get(key) end,
    set = function() d:set(key, 1) end,
    delete = function() d:delete(key) end,
    incr = function() d:incr(key) end,
    update = function() d:update(key, function() return 1 end) end,
    cas = function() d:cas(key, nil, 1) end,
  }
end
for _, key in ipairs { {}, print, io.stdout, coroutine.create(print) } do
  for name, call in pairs(calls(key)) do
    check.raises(call, "wrong_arguments_are_refused.lua:%d+: bad argument #1 to '" .. name ..
      "' %(string, number, boolean or handle as key expected, got ")
  end
end
for name, call in pairs(calls(nil)) do check.raises(call, "#1 to '" .. name .. "' .*got nil") end
for name, call in pairs(calls(0 / 0)) do check.raises(call, "#1 to '" .. name .. "' .*NaN") end

check.raises(function() d:set("k") end, "#2 to 'set' %(value expected")
check.raises(function() d:get() end, "got no value")
for _, n in ipairs { "1", true, {}, print } do
  check.raises(function() d:incr("k", n) end, "#2 to 'incr' %(number expected, got")
end
check.raises(function() d:update("k") end, "#2 to 'update' %(function expected, got no value")
check.raises(function() d:update("k", {}) end, "#2 to 'update' %(function expected, got table")
check.raises(function() d.get(tm.event(), 1) end, "dict expected, got event")
check.raises(function() d.len() end, "dict expected, got no value")
check.equal(#d, 0)

d:set("name", "text")
d:set(1, true)
check.raises(function() d:incr "name" end,
  ":%d+: cannot add to the value of key 'name': it is a string, not a number")
check.raises(function() d:incr(1, 2) end, "key 1: it is a boolean")
d:set(("k"):rep(1000), {})
check.raises(function() d:incr(("k"):rep(1000)) end, "key 'k+%.%.%.': it is a table")
check.equal({ d:get "name", d:get(1) }, { "text", true })
