-- Every 128th call that did not have to wait gives way; what it has received is not lost if the task
-- is cancelled meanwhile.
local tm, check = require "tidemill", require "_helper"

local function receive_with(receive)
  local channel, got = tm.channel(math.huge), 0
  for i = 1, 1000 do channel:send(i) end
  local task = tm.spawn(function()
    for _ = 1, 1000 do
      receive(channel)
      got = got + 1
    end
  end)
  tm.yield()
  task:cancel()
  task:join()
  check.equal(got + #channel, 1000)
end
receive_with(function(channel) return channel:recv() end)
receive_with(function(channel) return tm.select { channel } end)
