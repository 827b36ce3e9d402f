local tm, check = require "tidemill", require "_helper"

local q = tm.queue { capacity = 1 }
q:put "in it"
local putters = {}
for i = 1, 5 do putters[i] = tm.spawn(function() q:put(i) end) end
tm.yield()
for _, i in ipairs { 1, 3 } do
  putters[i]:cancel()
  local ok, err = putters[i]:join()
  check.equal({ ok, err.kind }, { false, "cancelled" })
end
check.equal(q:stats().putters_waiting, 3)
check.equal({ q:get(), q:get(), q:get(), q:get() }, { "in it", 2, 4, 5 })
check.equal({ q:try_get() }, { nil, "empty" })
check.equal(q:stats().put, 4)

-- Cancelled in the turn in which the place was given: it has put, the next call raises.
local put
q:put "in it"
local putter = tm.spawn(function()
  put = q:put "given a place"
  tm.yield()
  error "the next blocking call raises"
end)
tm.yield()
check.equal(q:get(), "in it")
putter:cancel()
local ok, err = putter:join()
check.equal({ ok, err.kind, put, q:get() }, { false, "cancelled", true, "given a place" })

-- The one before it is cancelled in the same turn as the place becomes free.
q:put "in it"
local first, second = tm.spawn(function() q:put "first" end), tm.spawn(function() q:put "second" end)
tm.yield()
first:cancel()
check.equal(q:get(), "in it")
second:await()
check.equal({ q:get(), #q }, { "second", 0 })
first:join()
