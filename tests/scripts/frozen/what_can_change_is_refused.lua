local tm, check = require "tidemill", require "_helper"

local function refused(value, pattern)
  local err = check.raises(function() tm.freeze(value) end)
  check.equal(err.kind, "transfer")
  check.truthy(err.message:find("what_can_change_is_refused.lua:%d+: cannot freeze argument 1" .. pattern), err.message)
end
refused({ a = { b = { function() end } } }, "%.a%.b%[1%]: a function, which could change what it captures")
refused({ ["odd key"] = { 1, coroutine.create(print) } }, '%["odd key"%]%[2%]: a coroutine')
refused({ [{}] = 1 }, "%[a table%]: a key that is no boolean, number or string")
refused({ x = { [tm.channel(1)] = 1 } }, "%.x%[a userdata%]: a key that")
refused({ f = io.tmpfile() }, "%.f: a userdata")
refused({ x = setmetatable({}, {}) }, "%.x: a table with a metatable")
refused(setmetatable({}, { __index = {} }), ": a table with a metatable")
check.raises(function() tm.freeze(5) end, "table expected, got number")
check.raises(function() tm.freeze() end, "table expected, got no value")

-- Handles and what every state has by the same name stay what they are.
local f = tm.freeze { print = print, lib = math, tm = tm, spawn = tm.spawn, out = io.stdout, event = tm.event() }
check.equal({ f.print == print, f.lib == math, f.tm == tm, f.spawn == tm.spawn, f.out == io.stdout },
  { true, true, true, true, true })
f.event:set()
check.equal(f.event:is_set(), true)

-- Tables of modules hold settings: they are frozen as they are now, not named.
package.loaded.settings = { verbose = true, sub = { 1 } }
local settings = require "settings"
local frozen = tm.freeze { settings = settings }
check.equal({ frozen.settings.verbose, frozen.settings.sub[1] }, { true, 1 })
check.raises(function() frozen.settings.verbose = false end, "cannot change a frozen table")
check.equal(tm.freeze(settings).verbose, true)
check.equal(tm.freeze(math).pi, math.pi)
check.equal(tm.freeze(math).max, math.max)
