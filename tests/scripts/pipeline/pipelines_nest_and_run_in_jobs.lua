local tm, check = require "tidemill", require "_helper"

-- In a stage of another one, and in a job; two at the same time do not mix.
local function total(n)
  return tm.pipeline():source(n):stage(function(x) return x end, { workers = 2 })
    :fold(0, function(sum, x) return sum + x end):run().result
end
local sums = tm.pipeline():source { 10, 20, 30 }:stage(total, { workers = 2 }):collect():run().result
check.equal(sums, { 55, 210, 465 })
local pool <close> = tm.pool { workers = 2 }
check.equal(pool:submit(total, 100):await(), 5050)
local a, b = tm.gather(function() return total(1000) end, function() return total(2000) end)
check.equal({ a, b }, { 500500, 2001000 })
-- One pipeline feeds another.
local channel = tm.channel(3)
local first = tm.spawn(function()
  tm.pipeline():source(100):stage(function(x) return x * 2 end):to(channel, { close = true }):run()
end)
local result = tm.pipeline():source(channel):filter(function(x) return x % 3 == 0 end):collect():run().result
first:await()
check.equal(#result, 33)
