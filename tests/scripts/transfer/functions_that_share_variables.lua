-- stderr~ ^tidemill: warning: %C* assigns captured
local shapes = {}

shapes["recursion"] = function()
  local function factorial(n) return n < 2 and 1 or n * factorial(n - 1) end
  return factorial, 20
end
shapes["mutual recursion"] = function()
  local even, odd
  function even(n) if n == 0 then return true end return odd(n - 1) end
  function odd(n) if n == 0 then return false end return even(n - 1) end
  return even, 7
end
shapes["recursion through a table"] = function()
  local t = {}
  function t.down(n) return n == 0 and "bottom" or t.down(n - 1) end
  return t.down, 9
end
shapes["a variable of two functions"] = function()
  local n = 10
  local function add(by) n = n + by end
  local function get() return n end
  return function() add(1) add(2) return get(), n end
end
shapes["a variable of two arguments"] = function()
  local n = 0
  local function add(by) n = n + by end
  return function(first, second) first(5) return second() end, add, function() return n end
end
shapes["a variable of a function and of closures in a table"] = function()
  local n, all = 0, {}
  for i = 1, 3 do all[i] = function() n = n + i return n end end
  return function() return all[1](), all[2](), all[3](), n end
end
shapes["a variable of each turn of a loop"] = function()
  local all = {}
  for i = 1, 3 do
    local own = i * 10
    all[i] = { up = function() own = own + 1 return own end, get = function() return own end }
  end
  return function() return all[1].up(), all[1].get(), all[2].get(), all[3].up(), all[3].get() end
end
shapes["assignment three functions deep"] = function()
  local n = 1
  return function()
    local function outer()
      local function middle() n = n * 2 return function() n = n + 1 return n end end
      return middle()()
    end
    return outer(), outer(), n
  end
end
shapes["variables that came from a function that has returned"] = function()
  local function counter(from)
    return function() from = from + 1 return from end, function() return from end
  end
  local up, get = counter(5)
  up()
  return function() return up(), get() end
end
shapes["one function in several places"] = function()
  local function f() return 1 end
  local t = { f, named = f, [f] = "as a key" }
  return function() return t[1] == f, t.named == f, t[f], t[1]() end
end
shapes["a table that holds the function that captures it"] = function()
  local object = { n = 3 }
  object.method = function(self) return self == object, object.method == self.method, object.n end
  return object.method, object
end
shapes["variables that were joined"] = function()
  local a, b = 1, 2
  local function first() return a end
  local function second() return b end
  debug.upvaluejoin(second, 1, first, 1)
  return function() return first(), second(), debug.upvalueid(first, 1) == debug.upvalueid(second, 1) end
end
shapes["two upvalues that were joined into one"] = function()
  local a, b = 1, 2
  local function both(v) a = v return a, b end
  debug.upvaluejoin(both, 2, both, 1)
  return both, 7
end
shapes["a cache"] = function()
  local cache = {}
  local function fib(n)
    if n < 3 then return 1 end
    cache[n] = cache[n] or fib(n - 1) + fib(n - 2)
    return cache[n]
  end
  return fib, 80
end
shapes["functions that return functions"] = function()
  local function curry(a) return function(b) return function(c) return a .. b .. c end end end
  return function() return curry("x")("y")("z"), curry(1)(2)(3) end
end
shapes["an upvalue that is nil until later"] = function()
  local late
  local function use() return late end
  return function() local before = use() late = "set" return before, use() end
end
shapes["255 upvalues"] = function()
  local all = { "local a1, b1 = 1, 2 " }
  local sum = {}
  for i = 2, 128 do all[i] = ("local a%d, b%d = %d, %d "):format(i, i, i, -2 * i) end
  -- 200 locals are the most of one function: half of them belong to the function around it.
  for i = 1, 128 do sum[i] = ("a%d + b%d"):format(i, i) end
  sum[128] = "a128"
  local text = table.concat(all, "", 1, 64) .. "return (function() " .. table.concat(all, "", 65)
    .. "return function() return " .. table.concat(sum, " + ") .. " end end)()"
  return load(text)()
end
require "transfer._shapes"(shapes)
