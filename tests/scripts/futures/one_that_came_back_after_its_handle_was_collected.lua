local tm, check = require "tidemill", require "_helper"

local channel = tm.channel(1)
local function send_and_forget(resolve)
  local future = tm.future()
  if resolve then future:resolve(1, nil, 3) end
  channel:send(future)
end
for _, resolve in ipairs { true, false } do
  send_and_forget(resolve)
  collectgarbage()
  collectgarbage()
  local future = channel:recv()
  if not resolve then future:resolve(1, nil, 3) end
  check.equal(table.pack(future:await()), { 1, nil, 3, n = 3 })
end
check.truthy(tm.why(tm.future()):find "waits for somebody to resolve it")
check.raises(function() tm.current():on_done(print) end, "on_done: a task cannot wait for its own end")
