local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local b = tm.buffer(4, "f64")

-- As argument, upvalue, element, message, result
pool:submit(function(to) to[1] = 1 end, b):await()
pool:submit(function() b[2] = 2 end):await()
pool:submit(function(list) list.nested[1][3] = 3 end, { nested = { b } }):await()
local channel = tm.channel(1)
local receiver = pool:submit(function() channel:recv()[4] = 4 end)
channel:send(b)
receiver:await()
check.equal(b:totable(), { 1, 2, 3, 4 })
check.truthy(pool:submit(function(to) return to end, b):await() == b)
local first, second = pool:submit(function(x, y) return x, x == y end, b, b):await()
check.truthy(first == b and second)

-- A slice is a value of its own, whose memory is that of the buffer.
local s = b:slice(2, 3)
local same, size = pool:submit(function(slice)
  slice[1] = 20
  return slice, #slice
end, s):await()
check.truthy(same == s and size == 2 and b[2] == 20)

-- What a job makes lives on after its worker.
local made
do
  local other <close> = tm.pool { workers = 1 }
  made = other:submit(function() return tm.buffer({ 7, 8, 9 }, "u8"):slice(2) end):await()
end
check.equal(made:totable(), { 8, 9 })
