-- exit: 1
-- stderr~ in the callback
local tm, check = require "tidemill", require "_helper"

local log = tm.channel(math.huge)
local function note(task) log:send(task, task:status()) end
local done = tm.spawn(function() tm.sleep(0.002) return 1 end)
check.truthy(done:on_done(note) == done)
check.equal({ log:recv() }, { done, "done" })
done:on_done(note)  -- also afterwards
check.equal({ log:recv() }, { done, "done" })

local failed = tm.spawn(function() tm.yield() tm.yield() error "e" end):on_done(note)
check.equal({ log:recv() }, { failed, "failed" })
check.equal(failed:join(), false)
local cancelled = tm.spawn(tm.sleep, 60):on_done(note)
cancelled:cancel()
check.equal({ log:recv() }, { cancelled, "cancelled" })
local pool <close> = tm.pool { workers = 1 }
local job = pool:submit(function() return 1 end):on_done(note)
check.equal({ log:recv() }, { job, "done" })
-- It may wait, and runs in the caller's state.
local upvalue
done:on_done(function() tm.yield() upvalue = "set" end)
tm.yield()
tm.yield()
tm.yield()
check.equal(upvalue, "set")
check.raises(function() done:on_done() end, "function expected")
-- Its failure is that of a task nobody waits for.
done:on_done(function() error "in the callback" end)
