local tm, check = require "tidemill", require "_helper"

local many = check.times(10000, 2000)
local done, closed = 0, 0
tm.scope(function(scope)
  for _ = 1, many do scope:spawn(function() tm.yield() done = done + 1 end) end
end)
check.equal(done, many)

-- All are cancelled at once.
tm.scope(function(scope)
  for _ = 1, many do
    scope:spawn(function()
      local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
      tm.sleep(60)
    end)
  end
  tm.yield()
  scope:cancel()
end)
check.equal(closed, many)

-- All fail at the same time.
local err = check.raises(function()
  tm.scope(function(scope)
    for i = 1, many do
      scope:spawn(function()
        local _ <close> = setmetatable({}, { __close = function() error(i, 0) end })
        tm.sleep(60)
      end)
    end
    tm.yield()
    error("first", 0)
  end)
end)
check.equal(err.errors.n, many + 1)
local sum = 0
for i = 2, err.errors.n do sum = sum + err.errors[i] end
check.equal({ err.errors[1], sum }, { "first", many * (many + 1) // 2 })

-- Scopes nested deep, by tasks; the failure comes through all of them.
local depth = check.times(1000, 200)
local function nest(level)
  return tm.scope(function(scope)
    if level == 0 then return "bottom" end
    return scope:spawn(nest, level - 1):await()
  end)
end
check.equal(nest(depth), "bottom")
-- And in one task.
local levels = 100
local function nest_here(level, fn)
  if level == 0 then return fn() end
  return tm.scope(function() return nest_here(level - 1, fn) end)
end
check.equal(nest_here(levels, function() tm.yield() return "bottom" end), "bottom")
local waiting = tm.spawn(nest_here, levels, function() tm.sleep(60) end)
tm.yield()
waiting:cancel()
check.equal({ waiting:join(), waiting:status() }, { false, "cancelled" })
err = check.raises(function() nest_here(levels, function() error("deep", 0) end) end)
for _ = 2, levels do err = err.errors[1] end
check.equal(err.errors, { n = 1, "deep" })

-- In one task they are as deep as calls of pcall may be; one too many is an error that leaves no scope
-- open.
local ok, problem = pcall(nest_here, 1000, function() return "not reached" end)
check.truthy(not ok and tostring(problem):find "C stack overflow", problem)
check.equal(nest_here(levels, function() tm.yield() return "bottom" end), "bottom")
