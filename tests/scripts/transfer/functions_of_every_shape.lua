local shapes = {}
local tm = require "tidemill"

-- Arguments and calls ----------------------------------------------------------------------------

shapes["varargs"] = function() return function(...) return select("#", ...), ... end, nil, 2, nil end
shapes["varargs passed on"] = function()
  local function count(...) return select("#", ...), (select(-1, ...)) end
  return function(...) return count(...), count(1, ...), (table.pack(...)).n end, 1, nil, 3
end
shapes["tail calls"] = function()
  local function down(n) if n == 0 then return "end" end return down(n - 1) end
  return down, 50000
end
shapes["methods"] = function()
  local object = { n = 0, inner = { deep = {} } }
  function object:add(k) self.n = self.n + k return self end
  function object.inner.deep:name() return "deep", self == object.inner.deep end
  return function() return object:add(2):add(3).n, object.inner.deep:name() end
end
shapes["classes that inherit"] = function()
  local Animal = {}
  Animal.__index = Animal
  function Animal.new(class, name) return setmetatable({ name = name }, class) end
  function Animal:speak() return self.name .. " " .. self:sound() end
  local Dog = setmetatable({}, { __index = Animal })
  Dog.__index = Dog
  function Dog:sound() return "woof" end
  function Dog.__lt(a, b) return a.name < b.name end
  function Dog.__concat(a, b) return "concat" end
  function Dog.__call(self, n) return n * 2 end
  function Dog.__len() return 42 end
  function Dog.__unm() return "minus" end
  function Dog.__eq() return true end
  return function(rex)
    local bello = Dog:new "Bello"
    return rex:speak(), bello < rex, rex .. 1, rex(21), #rex, -rex, rex == bello
  end, Animal.new(Dog, "Rex")
end
shapes["metamethods that capture"] = function()
  local log = {}
  local proxy = setmetatable({}, {
    __index = function(_, key) log[#log + 1] = key return #log end,
    __newindex = function(t, key, value) rawset(t, key, value .. "!") end,
  })
  return function() proxy.set = "v" return proxy.a, proxy.b, proxy.set, table.concat(log, ",") end
end
shapes["string methods"] = function() return function(s) return s:upper():rep(2), ("%d"):format(#s) end, "ab" end

-- Statements -------------------------------------------------------------------------------------

shapes["goto and loops"] = function()
  return function(n)
    local steps = 0
    ::again::
    steps = steps + 1
    if steps < n then goto again end
    for i = n, 1, -1 do
      if i % 2 == 0 then goto continue end
      steps = steps + i
      ::continue::
    end
    local k = 0
    repeat local last = k >= 3 k = k + 1 until last
    while true do k = k + 1 if k > 10 then break end end
    for x = 1.0, 2.0, 0.25 do steps = steps + x end
    for i = math.maxinteger - 1, math.maxinteger do k = k + 1 end
    return steps, k
  end, 10
end
shapes["const and close"] = function()
  return function()
    local order = {}
    local function guard(name)
      return setmetatable({}, { __close = function(_, err) order[#order + 1] = name .. tostring(err) end })
    end
    local five <const>, seven <const> = 5, 7
    do
      local a <close> = guard "a"
      local b <close> = guard "b"
      order[#order + 1] = five + seven
    end
    pcall(function() local c <close> = guard "c" error("raised", 0) end)
    return order
  end
end
shapes["iterators"] = function()
  local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * i end end end
  return function()
    local sum = 0
    for i, square in range(4) do sum = sum + i * square end
    for k, v in pairs(setmetatable({}, { __pairs = function() return next, { a = 5 } end })) do sum = sum .. k .. v end
    for word in ("one two"):gmatch "%a+" do sum = sum .. word end
    return sum
  end
end
shapes["200 locals"] = function()
  local lines = {}
  for i = 1, 199 do lines[i] = ("local a%d = %d"):format(i, i) end
  lines[200] = "return a1 + a100 + a199, ..."
  return load(table.concat(lines, "\n")), "more"
end
shapes["functions ten deep"] = function()
  local text = "return ... + 1"
  for _ = 1, 10 do text = "return (function(...) " .. text .. " end)(...)" end
  return load(text), 5
end
shapes["several returns"] = function()
  return function(n) if n > 5 then return end if n > 3 then return n, nil end do return nil, n, nil end end, 2
end

-- Constants and operators ------------------------------------------------------------------------

shapes["numbers"] = function()
  return function()
    return 7 // 2, -7 // 2, 7 // -2.0, 7 % -3, -7 % 3, 5.5 % -2, 7 / 2, 2 ^ 10, 1e308 * 10, 3 | 4.0, math.mininteger,
      0x7fffffffffffffff, 0xffffffffffffffff, 0x1p-2, 1e15, 2 ^ 53, -0.0, 1 // 0.0, 100000000000000
  end
end
shapes["bits"] = function()
  return function(a, b) return a & b, a | b, a ~ b, ~a, a << 3, a >> 1, a << 64, 1 << 63, "3" + 4, 10 .. 20 end, 12, 10
end
shapes["comparisons"] = function()
  return function(a, b) return a < b, a <= b, a == b, 1 == 1.0, "a" < "b", not a, a and b, nil or b, 1 < 1.5 end, 1, 2
end
shapes["strings"] = function()
  local long = ("long string "):rep(1000)
  return function() return "\0\1\xff\u{20AC}\z
      joined", [[
two
lines]], long, #long end
end
shapes["400 constants"] = function()
  local lines = { "local sum = 0" }
  for i = 1, 400 do lines[#lines + 1] = ("sum = sum + #'constant number %d' + %d.5"):format(i, i) end
  lines[#lines + 1] = "return sum"
  return load(table.concat(lines, "\n"))
end
shapes["a table of 600 fields"] = function()
  local parts = {}
  for i = 1, 300 do parts[i] = ("%d, f%d = %d"):format(i, i, -i) end
  return load("return {" .. table.concat(parts, ", ") .. "}")
end

-- Errors, coroutines, the debug library -------------------------------------------------------------

shapes["errors with levels"] = function()
  local function fail(level) error("message", level) end
  return function()
    return select(2, pcall(fail, 1)), select(2, pcall(fail, 0)), select(2, pcall(function() fail(2) end)),
      select(2, pcall(error)), select(2, pcall(error, { code = 5 })), select(2, pcall(function() local x = nil; x() end)),
      select(2, pcall(function() return 1 + {} end)), (pcall(assert, false, "no"))
  end
end
shapes["handlers"] = function()
  return function()
    return xpcall(function() error "inner" end, function(message) return "handled " .. message end)
  end
end
shapes["coroutines"] = function()
  return function()
    local function numbers(n) for i = 1, n do coroutine.yield(i) end return "done" end
    local list = {}
    for i in coroutine.wrap(function() numbers(3) end) do list[#list + 1] = i end
    local co = coroutine.create(numbers)
    list[#list + 1] = select(2, coroutine.resume(co, 1))
    list[#list + 1] = select(2, coroutine.resume(co))
    return list, coroutine.status(co), coroutine.isyieldable()
  end
end
shapes["debug information"] = function()
  return function(parameter)
    local info = debug.getinfo(1, "Slu")
    local name, value = debug.getlocal(1, 1)
    return info.short_src, info.linedefined, info.currentline, info.nparams, info.what, name, value,
      (debug.getupvalue(debug.getinfo(1, "f").func, 1))
  end, "argument"
end
shapes["a function that is dumped"] = function()
  local function f(a) return a + 1 end
  return function() return #string.dump(f) > 50, (load(string.dump(f))) end
end

-- Libraries and modules ---------------------------------------------------------------------------

shapes["library functions as upvalues"] = function()
  local format, floor, insert, concat, unpack = string.format, math.floor, table.insert, table.concat, table.unpack
  return function()
    local t = { 3, 1, 2 }
    insert(t, 4)
    table.sort(t, function(a, b) return a > b end)
    return format("%5.2f", floor(2.5)), concat(t, "-"), unpack(t)
  end
end
shapes["callbacks"] = function()
  local names = { a = "first", b = "second" }
  return function(text)
    return text:gsub("%a", names), text:gsub("%a", function(c) return names[c] and c:upper() end)
  end, "a b c"
end
shapes["a library function itself"] = function() return string.rep, "ab", 3, "," end
shapes["a module, and a function of it"] = function()
  local check = require "_helper"
  local equal = check.equal
  return function()
    return check == require "_helper", equal == require "_helper".equal, pcall(equal, 1, 1)
  end
end
shapes["a local function of a module"] = function()
  local name, inner = debug.getupvalue(require "_helper".equal, 1)
  return function() return name, inner(1, 1, {}), inner({ 1 }, { 2 }, {}) end
end
shapes["functions of the engine"] = function()
  local channel = tm.channel
  return function(given)
    local ch = channel(2)
    ch:send(given, nil)
    local task = tm.spawn(function() tm.sleep(0) return "spawned" end)
    return task:await(), select("#", ch:recv()), require "tidemill" == tm
  end, 5
end
shapes["a handle that is captured"] = function()
  local ch = tm.channel(3)
  return function() ch:send "through" return ch:recv(), #ch end
end
require "transfer._shapes"(shapes)
