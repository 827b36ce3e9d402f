-- Channels and dictionaries that hold one another, 200000 deep: they go without a deep stack.
local tm, check = require "tidemill", require "_helper"

local deep = check.times(200000, 20000)
local channel, dict, key = tm.channel(1), tm.dict(), tm.dict()
for i = 1, deep do
  local outer = tm.channel(1)
  outer:send { i, channel }
  channel = outer
  if i % 10 == 0 then
    outer = tm.dict()
    outer:set("inner", dict)
    dict = outer
    outer = tm.dict()
    outer:set(key, "inner")
    key = outer
  end
end
check.equal(#channel, 1)
channel, dict, key = nil, nil, nil
collectgarbage()
collectgarbage()
