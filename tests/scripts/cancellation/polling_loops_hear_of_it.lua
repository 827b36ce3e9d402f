-- They make engine calls all the time, but never one that waits.
local tm, check = require "tidemill", require "_helper"

local channel, mutex = tm.channel(1), tm.mutex()
local calls = {
  try_recv = function() channel:try_recv() end,
  try_lock = function() if mutex:try_lock() then mutex:unlock() end end,
  lock = function() mutex:lock() mutex:unlock() end,
}
local pool <close> = tm.pool { workers = 1 }
for name, call in pairs(calls) do
  local err = check.raises(function() tm.timeout(0.02, function() while true do call() end end) end)
  check.equal(err.kind, "timeout", name)
  local started = tm.channel(1)
  local job = pool:submit(function() started:send(1) while true do call() end end)
  started:recv()
  job:cancel()
  check.equal({ (job:join()), job:status() }, { false, "cancelled" }, name)
end
