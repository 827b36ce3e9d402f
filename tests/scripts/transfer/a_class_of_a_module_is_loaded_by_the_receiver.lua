local tm, check = require "tidemill", require "_helper"

local folder = os.tmpname()
os.remove(folder)
os.execute("mkdir " .. folder)
local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
end
local _ <close> = setmetatable({}, { __close = function() os.execute("rm -r " .. folder) end })
package.path = folder .. "/?.lua;" .. package.path

write("point.lua", [[
local Point = require "tidemill".class("Point", {})
Point.__index = Point
local made = 0
function Point.new(x) made = made + 1 return setmetatable({ x = x }, Point) end
function Point:double() return Point.new(2 * self.x) end
function Point.is(value) return getmetatable(value) == Point end
function Point.made() return made end
return Point
]])
write("shape.lua", [[
local Point = require "point"
local Shape = require "tidemill".class("Shape", {})
Shape.__index = Shape
function Shape.new(...) return setmetatable({ Point.new(...) }, Shape) end
return Shape
]])

local Shape = require "shape"
local Point = require "point"
local pool <close> = tm.pool { workers = 1 }

-- The job has not required anything itself: its argument does.
local q, made = pool:submit(function(p)
  return p:double(), package.loaded.point.made()
end, Point.new(4)):await()
check.equal(q.x, 8)
check.equal(made, 1)
check.equal(Point.is(q), true)
check.equal({ pool:submit(function(s)
  return require "shape" == getmetatable(s), require "point".is(s[1])
end, Shape.new(1)):await() }, { true, true })

-- Errors may be objects of a class.
local job = pool:submit(function() error(require "point".new(3)) end)
local ok, err = job:join()
check.equal(ok, false)
check.equal(Point.is(err), true)

-- A module that is gone when the receiver needs it.
write("fleeting.lua", "return require 'tidemill'.class('Fleeting', {})")
local Fleeting = require "fleeting"
os.remove(folder .. "/fleeting.lua")
local lost, problem = pool:submit(print, setmetatable({}, Fleeting)):join()
check.equal(lost, false)
check.equal(problem.kind, "transfer")
check.truthy(problem.message:find("module 'fleeting', which does not load here", 1, true), problem.message)

-- One that registers something else there.
write("changing.lua", [[
local tm = require "tidemill"
return tm.class(tm.current().id == 1 and "Changing" or "Changed", {})
]])
local Changing = require "changing"
lost, problem = pool:submit(print, setmetatable({}, Changing)):join()
check.equal(lost, false)
check.truthy(problem.message:find("class 'Changing': its module does not register it", 1, true), problem.message)
check.equal(pool:submit(function() return 1 end):await(), 1)
