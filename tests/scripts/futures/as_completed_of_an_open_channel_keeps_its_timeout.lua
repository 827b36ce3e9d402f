-- Nobody closes it: what has come until then and has ended is given, and then the time is up.
local tm, check = require "tidemill", require "_helper"

local channel, queue, inlet, outlet = tm.channel(2), tm.queue(), tm.pipe()
local sources = {
  channel = { channel, channel.send, channel }, queue = { queue, queue.put, queue },
  pipe = { outlet, inlet.send, inlet },
}
for name, given in pairs(sources) do
  local source, put, to = table.unpack(given)
  for _, timeout in ipairs { 0.01, 0 } do
    local ended = tm.spawn(function() return name end)
    ended:join()
    put(to, ended)
    local seen = {}
    local err = check.raises(function()
      for task in tm.as_completed(source, timeout) do seen[#seen + 1] = task:await() end
    end, "keeps_its_timeout.lua:%d+: tm.as_completed: 0 of 1 tasks have not ended in time, and more may come")
    check.equal({ err.kind, seen }, { "timeout", { name } })
  end
end
local never = tm.channel(1)
never:send(tm.future())
check.raises(function() for _ in tm.as_completed(never, 0.01) do end end, "1 of 1 tasks .* and more may come")

-- Closed in time it is complete, whatever the timeout.
local closed = tm.channel(1)
closed:send(function() return "last" end)
closed:close()
for task in tm.as_completed(closed, 1000) do check.equal(task:await(), "last") end
