-- exit: 3
-- stdout: root ready
-- stderr~ a_standstill_is_raised_in_the_root.lua:23: deadlock: nothing is left that could wake any of these tasks
-- stderr~ task #1 waits for a value in channel "answers" at %S*:23, for %d
-- stderr~   task #%d+ %(%S*:18%) waits for a value in channel "questions" at %S*:15, for
-- stderr~   task #%d+ %(%S*:19%) waits for a value in channel "questions" at %S*:15, for
-- stderr~   task #%d+ %(%S*:20%) waits for a moment
local tm = require "tidemill"

local questions, answers = tm.channel(0, "questions"), tm.channel(0, "answers")
local pool = tm.pool { workers = 2 }
local ready = tm.latch(3)
local function answer()
  ready:done()
  answers:send(questions:recv() .. "!")
end

tm.spawn(answer)
pool:submit(answer)
tm.spawn(function() ready:done() tm.sleep(math.huge) end)
ready:wait()
print "root ready"
answers:recv()
