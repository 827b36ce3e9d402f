-- exit: 1
-- stderr~ a_remote_traceback_shows_both_sides.lua:9: bad item
-- stderr~ in upvalue 'parse'
-- stderr~ in task #%d+
-- stderr~ a_remote_traceback_shows_both_sides.lua:15
local tm = require "tidemill"

local function parse()
  error "bad item"
end
local function work()
  parse()
end
local pool <close> = tm.pool { workers = 1 }
pool:submit(work):await()
