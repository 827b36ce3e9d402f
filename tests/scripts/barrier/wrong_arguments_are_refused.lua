local tm, check = require "tidemill", require "_helper"

check.raises(function() tm.barrier() end, "wrong_arguments_are_refused.lua:%d+:.*parties")
check.raises(function() tm.barrier(0) end, "parties.*at least 1")
check.raises(function() tm.barrier(1.5) end, "parties")
check.raises(function() tm.barrier(2, { action = 5 }) end, "action")
check.raises(function() tm.barrier(2, { timeout = "x" }) end, "timeout")
check.raises(function() tm.barrier(2, { timeout = 0 / 0 }) end, "timeout")
check.raises(function() tm.barrier(2, { actoin = print }) end, "actoin")
local file <close> = io.tmpfile()
check.equal(check.raises(function() tm.barrier(2, { action = function() return file end }) end).kind, "transfer")
local b = tm.barrier(2)
check.raises(function() b:wait(0 / 0) end, "wrong_arguments_are_refused.lua:%d+:.*timeout")
check.raises(function() b:wait "x" end, "timeout")
check.raises(function() b.wait(5) end, "barrier")
check.raises(function() b.abort() end, "barrier")
check.equal(tostring(b), "barrier 0/2 waiting")
local pool <close> = tm.pool { workers = 1 }
check.truthy(pool:submit(function(a, c) return a == c and a end, b, b):await() == b)
