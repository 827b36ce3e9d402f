local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }

-- Of a script: the metatable travels, and is registered where there is none by that name.
local Vec = tm.class("Vec", { __index = { size = function(v) return #v end } })
check.equal(tm.class("Vec", Vec), Vec)  -- once more is nothing new
local function vec(...) return setmetatable({ ... }, Vec) end

local size, back, same = pool:submit(function(a, b)
  return a:size(), b, getmetatable(a) == getmetatable(b)
end, vec(1, 2, 3), vec()):await()
check.equal(size, 3)
check.equal(same, true)
check.equal(getmetatable(back), Vec)

-- Objects of later jobs have the same one.
pool:submit(function(v) shared = nil package.loaded.kept = getmetatable(v) end, vec()):await()
check.equal(pool:submit(function(v) return getmetatable(v) == package.loaded.kept end, vec()):await(), true)

-- In one state through a channel, also in cycles and as keys.
local ch = tm.channel(1)
local a = vec()
a.self, a[vec(7)] = a, true
ch:send(a)
local copy = ch:recv()
check.equal(getmetatable(copy), Vec)
check.truthy(copy ~= a and copy.self == copy)

-- Without a name every copy has a metatable of its own.
local Plain = { __index = { kind = "plain" } }
ch:send(setmetatable({}, Plain), setmetatable({}, Plain))
local p, q = ch:recv()
check.truthy(getmetatable(p) ~= Plain)
check.equal(getmetatable(p), getmetatable(q))
check.equal(p.kind, "plain")

-- A metatable with a cycle through its class.
local Node = {}
Node.__index = Node
Node.class = Node
tm.class("Node", Node)
ch:send(setmetatable({ 1 }, Node))
check.equal(getmetatable(ch:recv()), Node)
check.equal(pool:submit(function(n) return n.class == getmetatable(n) end, setmetatable({}, Node)):await(), true)

-- The same chunk may define its class anew; objects of the old one are of none.
local old = vec(1)
local Vec2 = tm.class("Vec", { __index = { size = function() return 22 end } })
ch:send(setmetatable({}, Vec2), old)
local new, stale = ch:recv()
check.equal(getmetatable(new), Vec2)
check.truthy(getmetatable(stale) ~= Vec and getmetatable(stale) ~= Vec2)

check.raises(function() load("require 'tidemill'.class('Vec', {})", "=other.lua")() end,
  "other.lua:1: class 'Vec' is registered already, by .*classes_keep_their_identity.lua")
check.raises(function() tm.class("Other", Vec2) end, "registered already, under another name than 'Other'")
check.raises(function() tm.class("tidemill.error", {}) end, "registered already, by tidemill")
check.raises(function() tm.class("", {}) end, "1 to 255 characters")
check.raises(function() tm.class(("x"):rep(256), {}) end, "1 to 255 characters")
check.raises(function() tm.class(5, {}) end, "string expected, got number")
check.raises(function() tm.class("X") end, "table expected, got no value")
