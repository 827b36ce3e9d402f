-- only: release debug asan
-- (the thread sanitizer holds signals back until a system call, which a tight loop never makes)
-- Cancelled when it has been given what it waited for and has not gone on yet: the wait keeps its value,
-- and nothing but an interrupt reaches what comes after it.
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
local ok, err = t:join()
check.equal({ ok, err.kind, got }, { false, "cancelled", 1 })
