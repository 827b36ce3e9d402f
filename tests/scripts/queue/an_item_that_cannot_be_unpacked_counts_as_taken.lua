-- Whoever takes it gets the error, and it is gone; it is due a task_done like any other.
local tm, check = require "tidemill", require "_helper"

local function spoilt()
  return setmetatable({}, {
    __transfer = function() return function() error("cannot be rebuilt", 0) end, 1 end,
  })
end

local queue, channel, near, far = tm.queue(), tm.channel(9), tm.pipe()
local ways = {
  function() queue:put(spoilt()) return queue:get() end,
  function() queue:put(spoilt()) return queue:try_get() end,
  function() queue:put(spoilt()) return queue() end,
  function() queue:put(spoilt()) return tm.select { queue } end,
  function()  -- handed to one that waits
    tm.spawn(function() tm.yield() queue:put(spoilt()) end)
    return queue:get()
  end,
  function() channel:send(spoilt()) return channel:recv() end,
  function() channel:send(spoilt()) return channel:try_recv() end,
  function() channel:send(spoilt()) return tm.select { channel } end,
  function() near:send(spoilt()) return far:recv() end,
  function() near:send(spoilt()) return tm.select { far } end,
}
for i, way in ipairs(ways) do
  check.raises(way, "cannot be rebuilt", i)
  check.equal({ #queue, #channel, far:poll() }, { 0, 0, false }, i)
end
check.equal(queue:join(0), false)
for _ = 1, 5 do queue:task_done() end
check.truthy(queue:join())
