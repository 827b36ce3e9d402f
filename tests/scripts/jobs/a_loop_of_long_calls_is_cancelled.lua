-- only: release debug asan
-- Nearly all the time of such a loop is spent in C, called by a function of ours.
local tm, check = require "tidemill", require "_helper"
local pool = tm.pool { workers = 1 }
local begun = tm.event()
local job = pool:submit(function()
  local text = ("local a = 1 "):rep(150) .. "\n"
  local source = ("do " .. text .. " end "):rep(1500)
  begun:set()
  while true do load(source) end
end)
begun:wait()
tm.sleep(0.05)
pool:close { cancel = true, timeout = 5 }
check.equal(job:status(), "cancelled")
