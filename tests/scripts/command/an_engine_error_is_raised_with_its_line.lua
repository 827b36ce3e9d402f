-- exit: 1
-- stderr~ ^tidemill: %S*raised_with_its_line.lua:7: cannot send: channel "jobs" is closed
local tm = require "tidemill"

local ch = tm.channel "jobs"
ch:close()
ch:send(1)
