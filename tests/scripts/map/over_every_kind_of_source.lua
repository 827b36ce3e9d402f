local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function double(n) return n * 2 end
local function numbers(n)
  local i = 0
  return function()
    i = i + 1
    if i <= n then return i end
  end
end
local ch = tm.channel(2)
tm.spawn(function() for i = 1, 5 do ch:send(i) end ch:close() end)
local callable = setmetatable({ 0 }, { __call = function(self)
  self[1] = self[1] + 1
  return self[1] <= 5 and self[1] or nil
end })
local expected = { 2, 4, 6, 8, 10 }
check.equal(pool:map(double, { 1, 2, 3, 4, 5 }):collect(), expected, "list")
check.equal(pool:map(double, 5):collect(), expected, "integer")
check.equal(pool:map(double, 5.0):collect(), expected, "whole float")
check.equal(pool:map(double, numbers(5)):collect(), expected, "iterator")
check.equal(pool:map(double, ch):collect(), expected, "channel")
check.equal(pool:map(double, callable):collect(), expected, "callable")
check.equal(pool:map(double, coroutine.wrap(function() for i = 1, 5 do coroutine.yield(i) end end)):collect(),
  expected, "coroutine")
for _, nothing in ipairs { {}, 0, numbers(0) } do
  check.equal(pool:map(double, nothing):collect(), {})
  for _ in pool:map(double, nothing) do error "no item" end
  check.equal(pool:map(double, nothing):fold("kept", error), "kept")
end
check.equal(pool:map(function(x) return not x end, { false, true, false }):collect(), { true, false, true })
