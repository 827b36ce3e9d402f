-- As every call that may wait: after 128 in a row the others get their turn.
local tm, check = require "tidemill", require "_helper"

local ch, turns, others = tm.channel(1), 0, 0
local other = tm.spawn(function()
  while others < 3 do others = others + 1 tm.yield() end
end)
while others < 3 do
  turns = turns + 1
  check.truthy(turns < 1000, "the other task does not run")
  tm.select { ch:sending(1) }
  tm.select { ch }
end
other:await()
