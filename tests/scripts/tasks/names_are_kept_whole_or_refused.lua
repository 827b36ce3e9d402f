local tm, check = require "tidemill", require "_helper"

local name = "a\0b"
local refusal = "a name must not contain a zero byte"
for _, make in ipairs { tm.queue, tm.pipe, tm.mutex, tm.pool } do
  check.raises(function() make { name = name } end, refusal)
end
check.raises(function() tm.semaphore(1, { name = name }) end, refusal)
check.raises(function() tm.channel(1, name) end, "bad argument #2 .*" .. refusal)
check.raises(function() tm.channel(name) end, "bad argument #1 .*" .. refusal)
check.equal(tostring(tm.channel(1, "Größe")), 'channel "Größe" 0/1 open')
