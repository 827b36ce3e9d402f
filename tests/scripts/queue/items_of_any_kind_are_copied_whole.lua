local tm, check = require "tidemill", require "_helper"

local q = tm.queue()
local item = { 1, { "two" }, list = {} }
item.self = item
q:put(item)
item[1] = "changed afterwards"
local got = q:get()
check.equal({ got[1], got[2][1], got.self == got, got == item }, { 1, "two", true, false })
for _, value in ipairs { false, 0, -0.0, "", "a\0b", math.maxinteger, 1e308 } do
  q:put(value)
  check.equal({ math.type(value), q:get() }, { math.type(value), value })
end
q:put(function(n) return n + 1 end)
check.equal(q:get()(41), 42)
q:put(q)
check.equal(q:get() == q, true)
q:put(("x"):rep(1 << 20))
check.equal(#q:get(), 1 << 20)

-- One value is an item; what is false ends no loop.
q:put(1, nil, "not sent")
check.equal(select("#", q:get()), 1)
q:put(false)
q:put(true)
q:shutdown()
local count = 0
for value in q do count = count + 1 end
check.equal(count, 2)

-- What cannot cross is refused at the call, and nothing is put.
local other = tm.queue()
local file <close> = io.tmpfile()
local err = check.raises(function() other:put { log = { file } } end, "whole.lua:%d+: cannot send argument 1.log%[1%]")
check.equal({ err.kind, #other, other:stats().put }, { "transfer", 0, 0 })
check.raises(function() other:try_put(coroutine.create(print)) end, "argument 1: ")
check.raises(function() other:put_timeout(1, file) end, "argument 2: ")
