local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(2)
ch:send "stays"
local kinds = {}
local task = tm.spawn(function()
  pcall(tm.sleep, 60)
  for i, operation in ipairs {
    function() ch:send "never" end, function() ch:send_timeout(0, "never") end,
    function() ch:try_send "never" end, function() ch:recv() end, function() ch:recv(0) end,
    function() ch:try_recv() end, function() for _ in ch do end end,
  } do
    local ok, err = pcall(operation)
    kinds[i] = ok or err.kind
  end
end)
tm.yield()
task:cancel()
task:join()
check.equal(kinds, { "cancelled", "cancelled", "cancelled", "cancelled", "cancelled", "cancelled",
  "cancelled" })
check.equal(#ch, 1)
check.equal(ch:recv(), "stays")
