-- The moments are whole periods from the start; those that nobody took in time are left out.
local tm, check = require "tidemill", require "_helper"

local period = 0.005
local started = tm.now()
local ticks = tm.every(period)
check.truthy(tostring(ticks):find '^channel "every" 0/1 open')
local last = started
for _ = 1, 5 do
  local moment = ticks:recv()
  check.equal(math.type(moment), "float")
  check.truthy(moment > last, "each is later than the one before")
  last = moment
end
check.truthy(last - started >= 5 * period, "five take five periods")
tm.sleep(10 * period)
check.equal(#ticks, 1)  -- the others found it full
ticks:recv()
-- No burst makes up for those that were missed.
local before, count = tm.now(), 0
while tm.now() - before < 4 * period do
  ticks:recv()
  count = count + 1
end
check.truthy(count <= 6, count .. " ticks in four periods")
ticks:close()
while ticks:try_recv() do end
check.equal({ ticks:recv() }, { nil, "closed" })

for _, wrong in ipairs { 0, -1, -math.huge } do
  check.raises(function() tm.every(wrong) end, "greater than 0")
end
check.raises(function() tm.every(0 / 0) end, "NaN")
check.raises(function() tm.every() end, "number expected")
check.equal({ tm.every(math.huge):try_recv() }, { nil, "empty" })
