-- Neither in options nor as an argument, in C or in the prelude.
local tm, check = require "tidemill", require "_helper"

local ch, q, task = tm.channel(), tm.queue {}, tm.spawn(function() end)
local mutex, event, latch, semaphore = tm.mutex(), tm.event(), tm.latch(1), tm.semaphore(0)
for name, call in pairs {
  sleep = function() tm.sleep("0") end,
  recv = function() ch:recv("1") end,
  get = function() q:get("1") end,
  await = function() task:await("1") end,
  lock = function() mutex:lock("1") end,
  event = function() event:wait("1") end,
  latch = function() latch:wait("1") end,
  acquire = function() semaphore:acquire("1") end,
  wait = function() tm.wait({ task }, "all", "1") end,
  as_completed = function() tm.as_completed({ task }, "1") end,
  shield = function() tm.shield(print, "1") end,
  timeout = function() tm.timeout("1", print) end,
  scope = function() tm.scope(print, { timeout = "1" }) end,
} do
  check.raises(call, "number", name)
end
