-- stderr~ ^tidemill: warning: %C* assigns captured .transfers.;%C*%c$
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local ch = tm.channel(1)

-- Stands for a userdata of a C library: it holds what cannot cross, and knows how to make it again.
local Connection = {}
Connection.__index = Connection
local function connect(host, port, ...)
  return setmetatable({ host = host, port = port, n = select("#", ...), co = coroutine.create(print) }, {
    __index = { address = function(c) return c.host .. ":" .. tostring(c.port) end } })
end
Connection.__transfer = function(c) return connect, c.host, c.port, nil, nil end
local function open(host, port)
  return setmetatable({ host = host, port = port, co = coroutine.create(print) }, Connection)
end

local c = open("here", 80)
check.equal({ pool:submit(function(c) return c:address(), c.n, type(c.co) end, c):await() }, { "here:80", 2, "thread" })
ch:send(c)
check.equal(ch:recv():address(), "here:80")

-- Met twice it is made once; it may stand anywhere.
local list = { c, { c }, [open("key", 1)] = c }
ch:send(list, c)
local copy, again = ch:recv()
check.truthy(copy[1] == copy[2][1] and copy[1] == again)
for key, value in pairs(copy) do
  if type(key) == "table" then
    check.equal(key:address(), "key:1")
    check.equal(value, again)
  end
end
check.equal(pool:submit(function() return c:address() end):await(), "here:80")

-- Tables and other such values among what it is made of.
local Nested = { __transfer = function(n) return function(inner, options) return { inner, options.deep[1] } end,
  n.inner, { deep = { 5 } } end }
ch:send(setmetatable({ inner = open("inner", 2) }, Nested))
local nested = ch:recv()
check.equal(nested[1]:address(), "inner:2")
check.equal(nested[2], 5)

-- It may be made of nothing, and become any value.
local function becomes(...)
  local values = table.pack(...)
  return setmetatable({}, { __transfer = function() return table.unpack(values, 1, values.n) end })
end
ch:send(becomes(function() return 5 end), becomes(function() end), becomes(math.max, 1, 9, 3), 7)
check.equal(table.pack(ch:recv()), { 5, nil, 9, 7, n = 4 })

-- A real userdata.
local file = io.tmpfile()
local metatable = debug.getmetatable(file)
metatable.__transfer = function() return function() return "a file" end end
ch:send(file)
check.equal(ch:recv(), "a file")
metatable.__transfer = nil
check.raises(function() ch:send(file) end, "argument 1: a file")

-- What rebuilds it may use the script's globals, like any function that travels.
Point = { made = 0 }
Point.__index = Point
function helper(x) return x * Point.scale end
Point.scale = 2
local transfers = 0
function Point.new(x) return setmetatable({ x = helper(x), co = coroutine.create(print) }, Point) end
Point.__transfer = function(p)
  transfers = transfers + 1
  return Point.new, p.x
end
local p = Point.new(4)
check.equal({ pool:submit(function(q, list)
  return q.x, getmetatable(q) == Point, list[1] == q, helper(1), type(q.co), list[2].x
end, p, { p, Point.new(5) }):await() }, { 16, true, true, 2, "thread", 20 })
check.equal(transfers, 2)
ch:send(Point.new, p, function() return helper(3) end)
local new, q, help = ch:recv()
check.equal({ new(1).x, q.x, help() }, { 2, 16, 6 })
