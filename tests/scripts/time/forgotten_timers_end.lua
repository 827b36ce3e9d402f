-- Handles that are dropped, channels that are closed, and whatever is left when the engine ends.
local tm, check = require "tidemill", require "_helper"

for _ = 1, 1000 do
  tm.after(0.001)
  tm.every(0.001)
  tm.every(0.001):close()
  tm.after(60):close()
end
collectgarbage()
tm.sleep(0.01)
local kept = tm.every(0.001)
for _ = 1, 5 do check.truthy(kept:recv()) end
LEFT = { tm.after(60), tm.every(60), tm.every(0.001) }
