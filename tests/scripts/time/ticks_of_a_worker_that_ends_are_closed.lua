-- A pool's worker takes its timers with it: who still waits for them is told "closed".
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1 }
local timer, ticks = pool:submit(function() return tm.after(60), tm.every(60) end):await()
local waiting = tm.spawn(function() return tm.select { ticks } end)
tm.yield()
pool:close()
check.equal({ timer:recv() }, { nil, "closed" })
check.equal({ ticks:recv() }, { nil, "closed" })
check.equal(table.pack(waiting:await()), table.pack(1, nil, "closed"))
