-- A job that waits for another job of its pool frees the worker, at any depth.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function countdown(n)
  if n == 0 then return "bottom" end
  return pool:submit(countdown, n - 1):await()
end
check.equal(pool:submit(countdown, 30):await(), "bottom")
check.equal(pool:submit(function()
  return pool:map(function(n) return n * 2 end, { 1, 2, 3 }):fold(0, function(a, b) return a + b end)
end):await(), 12)
local ch, m = tm.channel(), tm.mutex()
local waiting = pool:submit(function() return ch:recv() end)
local sender = pool:submit(function() tm.sleep(0.005) m:with(function() ch:send "freed" end) end)
check.equal(waiting:await(), "freed")
sender:await()

local small <close> = tm.pool { workers = 1, queue = 1 }
check.equal(small:submit(function()
  local tasks = {}
  for i = 1, 20 do tasks[i] = small:submit(function() return i end) end
  local sum = 0
  for i = 1, 20 do sum = sum + tasks[i]:await() end
  return sum
end):await(), 210)
