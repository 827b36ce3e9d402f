local tm, check = require "tidemill", require "_helper"

local ch, m, task = tm.channel(10), tm.mutex(), tm.spawn(print)
local list = { 3, 1, 2 }
table.sort(list, function(a, b)
  check.equal(ch:try_send(a), true)
  check.equal(ch:try_recv(), a)
  check.equal(ch:send_timeout(0, a), true)
  check.equal(ch:recv(0), a)
  check.equal(m:try_lock(), true)
  m:unlock()
  check.equal({ #ch, task:status(), task:done() }, { 0, "queued", false })
  return a < b
end)
check.equal(list, { 1, 2, 3 })
local text = ("x"):gsub("x", function() tm.spawn(function() ch:send "spawned" end) return tostring(ch) end)
check.truthy(text:find "^channel")
task:cancel()
check.equal(ch:recv(), "spawned")
