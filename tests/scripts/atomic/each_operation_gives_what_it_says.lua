local tm, check = require "tidemill", require "_helper"

local a = tm.atomic()
check.equal(a:get(), 0)
check.equal({ a:add(5), a:add(), a:add(-2) }, { 5, 6, 4 })
check.equal({ a:sub(1), a:sub() }, { 3, 2 })
check.equal({ a:max(1), a:max(7), a:min(9), a:min(3) }, { 2, 7, 7, 3 })
check.equal({ a:swap(10), a:get() }, { 3, 10 })
check.equal({ a:cas(9, 1), a:get() }, { false, 10 })
check.equal({ a:cas(10, 1), a:get() }, { true, 1 })
check.equal(select("#", a:set(4)), 0)
check.equal(a:get(), 4)
check.equal(tm.atomic(-3):get(), -3)
check.equal(tm.atomic(2.5):get(), 2.5)
