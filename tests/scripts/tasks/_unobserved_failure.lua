-- A program that an_unobserved_failure_is_logged_once_and_exits_1.lua runs.
local tm = require "tidemill"

tm.spawn(function()
  error "unheard"
end)
tm.sleep(0.01)
collectgarbage()
print "main goes on"
