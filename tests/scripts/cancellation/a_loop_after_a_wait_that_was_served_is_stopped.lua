-- only: release debug asan
-- (the thread sanitizer holds signals back until a system call, which a tight loop never makes)
-- Cancelled when it has been given what it waited for and has not gone on yet: the wait keeps its value,
-- and nothing but an interrupt reaches what comes after it. Also if the worker is busy with something else
-- before the task's next turn, so that it has looked at what presses by then.
local tm, check = require "tidemill", require "_helper"

for _, busy in ipairs { 0, 0.05 } do
  local ch = tm.channel(1)
  local got
  local t = tm.spawn(function()
    got = ch:recv()
    while true do end
  end)
  tm.yield()
  ch:send(1)
  t:cancel()
  local stop = tm.now() + busy
  repeat until tm.now() >= stop
  local ok, err = t:join()
  check.equal({ ok, err.kind, got }, { false, "cancelled", 1 })
end
