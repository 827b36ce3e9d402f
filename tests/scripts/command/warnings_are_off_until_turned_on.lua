-- As in lua, also an error in a finaliser; each state for itself.
-- stderr~ ^Lua warning: one in two%cLua warning: error in __gc %([^%c]*:%d+: gone%)%cLua warning: @on is text%cLua warning: of a job%c$
local tm = require "tidemill"

local function finalise()
  setmetatable({}, { __gc = function() error "gone" end })
  collectgarbage()
end
warn "not heard"
finalise()
warn "@on"
warn("one", " in ", "two")
finalise()
warn("@on", " is text")
local pool <close> = tm.pool { workers = 1 }
pool:submit(function()
  warn "not heard"
  warn "@on"
  warn "of a job"
end):await()
warn "@off"
warn "not heard"
warn "@nothing known"
