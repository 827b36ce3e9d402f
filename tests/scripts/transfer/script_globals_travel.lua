-- A global that the script defined travels with the functions that name it, also transitively.
local tm, check = require "tidemill", require "_helper"

limit = 10
settings = { factor = 2 }
function scale(n) return n * settings.factor end
function clip(n) return math.min(scale(n), limit) end
function recursive(n) return n == 0 and 0 or 1 + recursive(n - 1) end

local pool <close> = tm.pool { workers = 1 }
check.equal({ pool:submit(function() return clip(3), clip(30) end):await() }, { 6, 10 })
check.equal(pool:submit(recursive, 5):await(), 5)
check.equal(tm.map(function(n) return clip(n) end, { 1, 2, 30 }):collect(), { 2, 4, 10 })

limit = 100  -- each call takes what is there when it is made
check.equal(pool:submit(function() return clip(30) end):await(), 60)
check.equal(pool:submit(function() limit = 1 return limit end):await(), 1)
check.equal(limit, 100)
check.equal(pool:submit(function() return rawget(_G, "undefined") end):await(), nil)

function tostring_twice(x) return tostring(x) .. tostring(x) end
local original = tostring
function tostring(x) return "<" .. original(x) .. ">" end
check.equal(pool:submit(function() return tostring_twice(1) end):await(), "<1><1>")
tostring = original

-- Several functions of one parcel share them.
holder = { n = 0 }
function bump() holder.n = holder.n + 1 end
check.equal(pool:submit(function() bump() bump() return holder.n end):await(), 2)
check.equal(holder.n, 0)
