-- A timed wait ends neither early nor much later; 0 and less poll once.
local tm, check = require "tidemill", require "_helper"

local empty, full = tm.queue(), tm.queue { capacity = 1 }
full:put "x"
local function timed(seconds, expected, fn, ...)
  local before = tm.now()
  local result = table.pack(fn(...))
  local took = tm.now() - before
  check.truthy(took >= seconds and took < seconds + 20, ("it took %.3f s"):format(took))
  check.equal(result, expected)
end
local timeout = table.pack(nil, "timeout")
timed(0.05, timeout, empty.get, empty, 0.05)
timed(0.05, timeout, full.put_timeout, full, 0.05, "y")
timed(0.05, table.pack(false), full.join, full, 0.05)
for _, poll in ipairs { 0, -1, -math.huge, 0.0 } do
  timed(0, timeout, empty.get, empty, poll)
  timed(0, timeout, full.put_timeout, full, poll, "y")
  timed(0, table.pack(false), full.join, full, poll)
  timed(0, table.pack(true), empty.join, empty, poll)
end
local stats = full:stats()
check.equal(stats.putters_waiting + stats.joiners_waiting + empty:stats().getters_waiting, 0)
check.equal({ full:get(), #full }, { "x", 0 })
