local tm, check = require "tidemill", require "_helper"

for round = 1, 3 do
  local ch, served = tm.channel(round - 1), {}
  local tasks = {}
  for i = 1, 5 do
    tasks[i] = tm.spawn(function()
      local value = ch:recv()
      served[#served + 1] = { i, value }
    end)
  end
  tm.yield()
  for i = 1, 5 do ch:send("value " .. i) end
  for i = 1, 5 do tasks[i]:await() end
  for i = 1, 5 do check.equal(served[i], { i, "value " .. i }) end
end
