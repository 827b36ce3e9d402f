local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function refused(options, pattern)
  check.raises(function() local _ = pool:map(print, 3, options) end, "wrong_options_are_refused.lua:%d+: map: " .. pattern)
end
refused({ errors = "ignore" }, "errors must be 'raise' or 'return', not 'ignore'")
refused({ errors = true }, "option 'errors' must be a string, not a boolean")
refused({ timeout = 0 / 0 }, "timeout must not be NaN")
refused({ timeout = "1" }, "option 'timeout' must be a number, not a string")
refused({ progress = 1 }, "option 'progress' must be a boolean or string, not a number")
refused({ progress = "a\0b" }, "progress: a label must not contain a zero byte")
refused({ ordered = "no" }, "option 'ordered' must be a boolean")
refused({ chunk = 0 }, "chunk must be a whole number of at least 1")
refused({ buffer = 1.5 }, "buffer must be a whole number of at least 1")
refused({ chunks = 1 }, "unknown option 'chunks'")
check.raises(function() pool:map(print, 3, "fast") end, "table of options expected")
check.equal(pool:map(function(n) return n end, 3, { chunk = 2 ^ 52, buffer = 2 ^ 52 }):collect(), { 1, 2, 3 })

-- Used wrongly.
local map = pool:map(function(n) return n end, 3)
check.raises(function() map.collect() end, "calling 'collect' on bad self")
check.raises(function() map:fold(0) end, "function expected")
local gate = tm.event()
local waiting = pool:map(function() gate:wait() end, 1)
local task = tm.spawn(function() return waiting() end)
tm.yield()
check.raises(function() waiting() end, "wrong_options_are_refused.lua:%d+: map: two tasks cannot consume it at once")
gate:set()
check.equal(task:await(), 1)
