local tm, check = require "tidemill", require "_helper"

local Point = {}
Point.__index = Point
function Point.__add(a, b) return setmetatable({ x = a.x + b.x }, Point) end
function Point:double() return self + self end

local pool <close> = tm.pool { workers = 1 }
local a, b, same = pool:submit(function(p, q)
  return p:double(), q, getmetatable(p) == getmetatable(q)
end, setmetatable({ x = 2 }, Point), setmetatable({ x = 5 }, Point)):await()
check.equal({ a.x, b.x, same }, { 4, 5, true })
check.equal(a:double().x, 8)
check.truthy(getmetatable(a) == getmetatable(b) and getmetatable(a) ~= Point)

-- Copying looks at the raw table.
local sly = setmetatable({ 1 }, { __pairs = error, __index = error, __len = error, __metatable = "locked" })
local copy = pool:submit(function(t) return rawlen(t), t end, sly):await()
check.equal(copy, 1)
