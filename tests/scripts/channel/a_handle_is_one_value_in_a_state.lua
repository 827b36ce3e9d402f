-- A channel works as a table key and compares with ==, also after it travelled.
local tm, check = require "tidemill", require "_helper"

local ch, other = tm.channel(4), tm.channel(4)
local names = { [ch] = "mine", [other] = "other" }
local carrier = tm.channel(1)
carrier:send { ch, nested = { other }, [ch] = true }
local copy = carrier:recv()
check.truthy(copy[1] == ch and copy.nested[1] == other and copy[ch])
check.equal(names[copy[1]], "mine")
check.truthy(ch ~= other)

local pool <close> = tm.pool { workers = 1 }
local same, again = pool:submit(function(a, b) return a == b, a end, ch, ch):await()
check.equal(same, true)
check.truthy(again == ch)
check.truthy(pool:submit(function() return ch end):await() == ch)
ch:send(ch)
check.truthy(ch:recv() == ch)
