local tm, check = require "tidemill", require "_helper"

local held, ch, full, other = tm.mutex(), tm.channel(), tm.channel(1), tm.spawn(tm.sleep, 60)
held:lock()
full:send(1)
local pool <close> = tm.pool { workers = 1, queue = 1 }
local waits = {
  sleep = function() tm.sleep(60) end,
  recv = function() ch:recv() end,
  recv_timed = function() ch:recv(60) end,
  iterate = function() for _ in ch do end end,
  send = function() full:send(2) end,
  send_timeout = function() full:send_timeout(60, 2) end,
  select = function() tm.select { ch, full:sending(2) } end,
  select_timed = function() tm.select({ ch, full:sending(2) }, 60) end,
  lock = function() held:lock() end,
  try_lock = function() held:try_lock(60) end,
  with = function() held:with(print) end,
  await = function() other:await() end,
  join = function() other:join(60) end,
}
for name, wait in pairs(waits) do
  for _, where in ipairs { "here", "pool" } do
    if where == "here" or (name ~= "await" and name ~= "join") then
      local task = where == "here" and tm.spawn(wait) or pool:submit(wait)
      if where == "here" then tm.yield() else tm.sleep(0.003) end
      check.equal(task:cancel(), true, name)
      local ok, err = task:join(10)
      check.equal({ ok, err.kind, task:status() }, { false, "cancelled", "cancelled" }, name .. " " .. where)
      check.equal(task:cancel(), false)
    end
  end
end
check.equal(other:status(), "waiting")  -- cancelling who awaits does not cancel what is awaited
other:cancel()
check.equal(ch:stats().receivers_waiting + full:stats().senders_waiting, 0)
