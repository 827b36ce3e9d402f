local tm, check = require "tidemill", require "_helper"

local text = ("x"):rep(1024 * 1024)
for _ = 1, 300 do
  local ch = tm.channel(math.huge)
  for _ = 1, 4 do ch:send(text) end
  collectgarbage "step"
end
collectgarbage()
local status = tm.fs.read "/proc/self/status"
local resident = tonumber(status:match "VmRSS:%s*(%d+) kB") // 1024
check.truthy(resident < 900, resident .. " MiB are resident")
