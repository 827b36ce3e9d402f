local tm = require "tidemill"
local function drop(text) setmetatable({}, { __gc = function() error(text) end }) end

warn "as in Lua not at first"
drop "but this"
collectgarbage()
warn "@on"
warn("in ", "pieces")
warn "two\nlines"
warn "@off"
warn "not shown"
drop "not shown either"
collectgarbage()
warn "@on"
warn("@off", " and more")
warn "@unknown"
warn "on again"
drop "lost"
collectgarbage()
local pool = tm.pool { workers = 1, name = "jobs" }
pool:submit(function()
  warn "each state has its own switch"
  warn "@on"
  warn "of a job"
  drop "at the end of the worker"
end):await()
pool:close()
drop "at the end"
