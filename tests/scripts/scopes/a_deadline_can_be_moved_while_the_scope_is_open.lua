local tm, check = require "tidemill", require "_helper"

-- Later, and not at all. (Again if it was too late for that.)
local moved
repeat
  moved = false
  local started = tm.now()
  local ok, result = pcall(tm.scope, function(scope)
    scope:deadline(60)
    moved = tm.now() < started + 0.01
    tm.sleep(0.02)
    scope:deadline(nil)
    tm.sleep(0.001)
    scope:deadline(math.huge)
    return "in time"
  end, { timeout = 0.01 })
  if moved then check.equal({ ok, result }, { true, "in time" }) end
until moved

-- Sooner, set late, set by a child and by somebody else.
local function times_out(fn, options)
  local err = check.raises(function() tm.scope(fn, options) end)
  check.equal(err.kind, "timeout")
end
times_out(function(scope) scope:deadline(0.005) tm.sleep(60) end, { timeout = 60 })
times_out(function(scope) tm.yield() scope:deadline(0.005) tm.sleep(60) end)
times_out(function(scope) scope:spawn(function() scope:deadline(0.005) end) tm.sleep(60) end)
local handle
local other = tm.spawn(function() times_out(function(scope) handle = scope tm.sleep(60) end) return true end)
tm.yield()
handle:deadline(0.005)
check.equal(other:await(), true)
-- One that has passed ends it at once.
times_out(function(scope) scope:deadline(0) tm.yield() end)
times_out(function(scope) scope:deadline(-1) tm.yield() end)
-- After it has expired it stays so.
times_out(function(scope)
  check.raises(function() tm.sleep(60) end)
  scope:deadline(60)
  tm.yield()
end, { timeout = 0.005 })

local ended
tm.scope(function(scope) ended = scope end)
check.raises(function() ended:deadline(1) end, "the scope has ended")
check.raises(function() tm.scope(function(scope) scope:deadline(0 / 0) end) end, "NaN")
check.raises(function() tm.scope(function(scope) scope:deadline "soon" end) end, "number expected")
