local shapes = {}

shared_limit = 100
shared_settings = { factor = 2 }
function shared_scale(n) return n * shared_settings.factor end
function shared_even(n) if n == 0 then return true end return shared_odd(n - 1) end
function shared_odd(n) if n == 0 then return false end return shared_even(n - 1) end
Shapes = { kinds = {} }
function Shapes.area(w, h) return Shapes.clip(w * h) end
function Shapes.clip(n) return n > shared_limit and shared_limit or n end
function Shapes.kinds.square(n) return Shapes.area(n, n) end
a_global_whose_name_is_longer_than_forty_characters = "long"

shapes["global functions"] = function() return function(n) return shared_scale(shared_scale(n)) end, 3 end
shapes["a global function itself"] = function() return shared_scale, 3 end
shapes["mutual recursion of globals"] = function() return shared_even, 6 end
shapes["functions of a global table"] = function() return function() return Shapes.area(3, 4), Shapes.area(30, 4) end end
shapes["a function of a global table itself"] = function() return Shapes.kinds.square, 7 end
shapes["a long name"] = function()
  return function() return a_global_whose_name_is_longer_than_forty_characters end
end
shapes["more than 255 constants"] = function()
  local lines = { "local sum = shared_limit" }
  for i = 1, 400 do lines[#lines + 1] = ("sum = sum + #'constant %d' + %d.5"):format(i, i) end
  lines[#lines + 1] = "return sum + shared_scale(1) + #a_global_whose_name_is_longer_than_forty_characters"
  return load(table.concat(lines, "\n"))
end
shapes["globals that the function sets"] = function()
  return function()
    made_here = 5
    function made_here_too() return made_here end
    local result = { made_here_too(), _G.made_here, rawget(_G, "made_here") }
    made_here, made_here_too = nil, nil
    return result, made_here
  end
end
shapes["a global set by one function and read by another"] = function()
  local function set() passed_on = "set" end
  local function get() return passed_on end
  return function() set() local got = get() passed_on = nil return got end
end
shapes["_G with constant names"] = function() return function() return _G.shared_limit, _G["shared_limit"] end end
shapes["_G with names that are computed"] = function()
  return function(name) return _G[name], _G._G == _G, _ENV == _G end, "undefined_name"
end
shapes["rawget of _G"] = function() return function() return rawget(_G, "shared_limit") end end
shapes["_G under another name"] = function()
  local G = _G
  return function() return G.shared_limit, G.shared_scale(4), G == _G end
end
shapes["_G in a table"] = function()
  local holder = { G = _G }
  return function() return holder.G.shared_limit, holder.G == _G, holder.G.print == print end
end
shapes["_G as an argument"] = function() return function(g) return g == _G, g.tostring == tostring end, _G end
shapes["an environment of its own"] = function()
  local _ENV <const> = { word = "own" }
  return function() return word, undefined end
end
shapes["an environment that falls back to _G"] = function()
  local own = setmetatable({ word = "own" }, { __index = _G })
  local _ENV <const> = own
  return function()
    shared_here = 1
    return word, tostring(1), shared_limit, shared_scale(5), shared_here, own.shared_here
  end
end
shapes["an environment as a parameter"] = function()
  return function(_ENV) return a + b, _ENV.a end, { a = 1, b = 2 }
end
shapes["an environment for one block"] = function()
  return function()
    local print = tostring
    do
      local _ENV <const> = { n = 5, print = print }
      return print(n)
    end
  end
end
shapes["an environment that is not the first upvalue"] = function()
  local first, second = "first", "second"
  return function() return first, second, tostring(1), shared_limit end
end
shapes["an environment that was replaced"] = function()
  local other = { word = "replaced" }
  local function f() return word end
  debug.upvaluejoin(f, 1, function() return other end, 1)
  return f
end
shapes["a chunk that was loaded"] = function() return load "local n = ... return n + shared_limit, type(_ENV)", 5 end
shapes["a chunk with an environment"] = function()
  return load("x = (x or 0) + 1 return x, y", "chunk", "t", { y = "y" })
end
shapes["a function that loads a chunk"] = function()
  return function()
    local own = { n = 20 }
    return load "return 1 + 1"(), load("return n", "=own", "t", own)(), (load "syntax error")
  end
end
shapes["a global that shadows a library function"] = function()
  local original = tostring
  return function()
    function tostring(x) return "<" .. original(x) .. ">" end
    local result = tostring(1)
    tostring = original
    return result
  end
end
shapes["a global that only a string names"] = function()
  return function() local name = "shared_limit" return _ENV[name] end
end
require "transfer._shapes"(shapes)
