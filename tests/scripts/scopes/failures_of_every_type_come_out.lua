-- Out of bodies, children, cleanup and jobs; nil and false included.
local tm, check = require "tidemill", require "_helper"

local object, co = { "object" }, coroutine.create(print)
local function raise(value) error(value, 0) end
local function raise_in_cleanup(value)
  local _ <close> = setmetatable({}, { __close = function() error(value, 0) end })
end
local function raise_in_cleanup_of_an_error(value)
  local _ <close> = setmetatable({}, { __close = function() error(value, 0) end })
  error("replaced", 0)
end
local values = table.pack("text", "", 42, 4.5, true, false, nil, object, print, co, tm.channel(1))
local ways = {
  body = function(fn, value) tm.scope(function() fn(value) end) end,
  child = function(fn, value) tm.scope(function(scope) scope:spawn(fn, value) end) end,
  grandchild = function(fn, value)
    tm.scope(function(scope) scope:spawn(function() tm.spawn(fn, value):await() end) end)
  end,
  implicit = function(fn, value) tm.scope(function() tm.spawn(fn, value) tm.sleep(60) end) end,
  nested = function(fn, value)
    local ok, err = pcall(tm.scope, function() tm.spawn(fn, value) end)
    check.equal({ ok, err.kind, err.errors.n }, { false, "group", 1 })
    tm.scope(function() error(err.errors[1], 0) end)
  end,
}
for name, enter in pairs(ways) do
  for _, fn in ipairs { raise, raise_in_cleanup, raise_in_cleanup_of_an_error } do
    for i = 1, values.n do
      local err = check.raises(function() enter(fn, values[i]) end)
      check.equal({ err.kind, err.errors.n }, { "group", 1 }, name)
      check.truthy(rawequal(err.errors[1], values[i]), name .. " " .. tostring(values[i]))
      check.truthy(tostring(err):find "1 failure in a scope")
    end
  end
end
local pool <close> = tm.pool { workers = 1 }
for i = 1, values.n do
  if values[i] ~= co then
    local err = check.raises(function() tm.scope(function(scope) scope:submit(pool, raise, values[i]) end) end)
    check.equal(err.errors, { n = 1, values[i] })
  end
end

-- The other blocks raise what there is as it is.
for i = 1, values.n do
  for name, enter in pairs {
    timeout = function(fn, value) tm.timeout(60, fn, value) end,
    timeout_child = function(fn, value) tm.timeout(60, function() tm.spawn(fn, value) tm.sleep(60) end) end,
    shield = function(fn, value) tm.shield(function() fn(value) end) end,
    run = function(fn, value) tm.run(fn, value) end,
    all = function(fn, value) tm.all { function() fn(value) end, function() tm.sleep(60) end } end,
    gather = function(fn, value) tm.gather(function() fn(value) end, function() tm.sleep(60) end) end,
    race = function(fn, value) tm.race { function() fn(value) end, function() tm.sleep(60) end } end,
  } do
    local packed = table.pack(pcall(enter, raise, values[i]))
    check.equal(packed.n, 2, name)
    check.truthy(packed[1] == false and rawequal(packed[2], values[i]), name .. " " .. tostring(values[i]))
  end
end
