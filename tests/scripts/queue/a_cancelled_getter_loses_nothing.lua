local tm, check = require "tidemill", require "_helper"

local q = tm.queue { order = "priority" }
local getters = {}
for i = 1, 3 do getters[i] = tm.spawn(function() return q:get() end) end
tm.yield()
getters[1]:cancel()
q:put "for the second"
q:put "for the third"
check.equal({ getters[2]:await(), getters[3]:await() }, { "for the second", "for the third" })
check.equal({ getters[1]:join(), q:stats().getters_waiting, q:stats().got }, { false, 0, 2 })

-- Item and cancel in one turn: the item wins, the next blocking call raises.
local got
local getter = tm.spawn(function()
  got = q:get()
  tm.yield()
  error "the next blocking call raises"
end)
tm.yield()
q:put "delivered"
getter:cancel()
local ok, err = getter:join()
check.equal({ ok, err.kind, got }, { false, "cancelled", "delivered" })

-- A cancelled task neither puts nor gets.
q:put "stays"
tm.spawn(function()
  tm.current():cancel()
  for _, call in ipairs { q.get, q.try_get, q.put, q.try_put, q.join } do
    local ok, err = pcall(call, q, 1)
    check.equal({ ok, err.kind }, { false, "cancelled" })
  end
end):join()
check.equal({ #q, q:try_get() }, { 1, "stays" })
