local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }

-- Whoever waits for a result, for an item or for room hears of it, and no job is left.
local never = tm.channel()
local function closed_while(waiting, map)
  local consumer = tm.spawn(function() return pcall(map.collect, map) end)
  waiting:wait()
  tm.yield()
  getmetatable(map).__close(map)
  local ok, problem = consumer:await()
  check.equal({ ok, type(problem) == "table" and problem.kind or problem }, { false, "closed" })
  check.equal(map(), nil)
end

local begun = tm.event()
closed_while(begun, pool:map(function()
  begun:set()
  never:recv()
end, 100))
local asked = tm.event()
local go_on = tm.event()
tm.background(function()
  tm.sleep(0.02)
  go_on:set()
end)
closed_while(asked, pool:map(function(x) return x end, function()
  asked:set()
  go_on:wait()
  return 1
end))
local begun_again = tm.event()
local source = tm.channel(1)
source:send(1)
closed_while(begun_again, pool:map(function()
  begun_again:set()
  never:recv()
end, source))
check.equal(pool:submit(function() return "works" end):await(), "works")
while #tm.tasks()[1].children > 1 do tm.sleep(0.001) end  -- jobs that waited hear of it in their worker
