local tm, check = require "tidemill", require "_helper"

for capacity = 0, 1 do
  local ch = tm.channel(capacity)
  local cancelled = tm.spawn(function() return ch:recv() end)
  local patient = tm.spawn(function() return ch:recv() end)
  tm.yield()
  cancelled:cancel()
  check.equal(ch:stats().receivers_waiting, 1)
  ch:send "for the patient one"
  check.equal(patient:await(), "for the patient one")
  check.equal(cancelled:join(), false)
  check.equal(cancelled:status(), "cancelled")
end
