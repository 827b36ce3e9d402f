-- A timed wait ends neither early nor much later; 0 and less poll once.
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel()
local function timed(seconds, fn, ...)
  local before = tm.now()
  local result = table.pack(fn(...))
  local took = tm.now() - before
  check.truthy(took >= seconds and took < seconds + 20, ("it took %.3f s"):format(took))
  check.equal(result, table.pack(nil, "timeout"))
end
timed(0.05, ch.recv, ch, 0.05)
timed(0.05, ch.send_timeout, ch, 0.05, "x")
for _, poll in ipairs { 0, -1, -math.huge, 0.0 } do
  timed(0, ch.recv, ch, poll)
  timed(0, ch.send_timeout, ch, poll, "x")
end
check.equal(ch:stats().receivers_waiting + ch:stats().senders_waiting, 0)
