-- Main fails while others wait: all are cancelled and their guards run, in jobs as well.
-- exit: 1
-- stdout~ task closed
-- stdout~ job closed
-- stderr~ guards_run_at_the_engines_end.lua:19: main fails
local tm = require "tidemill"

local function wait_guarded(name, ready)
  local _ <close> = setmetatable({}, { __close = function() print(name .. " closed") end })
  ready:send(1)
  tm.sleep(60)
end
local ready = tm.channel()
tm.spawn(wait_guarded, "task", ready)
local pool = tm.pool { workers = 1 }
pool:submit(wait_guarded, "job", ready)
ready:recv()
ready:recv()
error "main fails"
