-- only: release debug asan
-- (the thread sanitizer holds signals back until a system call, which a tight loop never makes)
-- The worker is busy with something else between the cancellation and the task's next turn, so that
-- it has looked at what presses by then.
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
local got
local t = tm.spawn(function()
  got = ch:recv()
  while true do end
end)
tm.yield()
ch:send(1)
t:cancel()
local stop = tm.now() + 0.05
repeat until tm.now() >= stop
local ok, err = t:join()
check.equal({ ok, err.kind, got }, { false, "cancelled", 1 })
