local tm, check = require "tidemill", require "_helper"

local a, b = tm.channel(), tm.channel()
local cases = { a, out = b:sending(1), tm.spawn(tm.sleep, 0.2) }
for _, timeout in ipairs { 0, -1, -math.huge } do
  check.equal({ tm.select(cases, timeout) }, { nil, "timeout" })
end
local started = tm.now()
check.equal({ tm.select(cases, 0.02) }, { nil, "timeout" })
check.truthy(tm.now() - started >= 0.02)
check.equal({ a:stats().receivers_waiting, b:stats().senders_waiting }, { 0, 0 })
check.equal({ tm.select(cases, math.huge) }, { 2, cases[2] })
check.raises(function() tm.select(cases, 0 / 0) end, "NaN")
check.raises(function() tm.select(cases, "soon") end, "number expected")
