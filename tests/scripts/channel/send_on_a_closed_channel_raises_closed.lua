local tm, check = require "tidemill", require "_helper"

for _, capacity in ipairs { 0, 4 } do
  local ch = tm.channel(capacity, "jobs")
  ch:close()
  for name, send in pairs {
    send = function() ch:send(1) end,
    send_timeout = function() ch:send_timeout(1, 1) end,
    poll = function() ch:send_timeout(0, 1) end,
    try_send = function() ch:try_send(1) end,
  } do
    local err = check.raises(send, "jobs", name)
    check.equal(err.kind, "closed", name)
    check.truthy(tostring(err):find("send_on_a_closed_channel_raises_closed.lua:%d+:"), name)
  end
end
