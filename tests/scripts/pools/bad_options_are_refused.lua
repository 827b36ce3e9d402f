local tm, check = require "tidemill", require "_helper"

for _, workers in ipairs { 0, -1, 1.5, 0 / 0, math.huge, 1e9, 2 ^ 53 } do
  check.raises(function() tm.pool { workers = workers } end, "bad_options_are_refused.lua:%d+:.*workers")
end
check.raises(function() tm.pool { workers = "2" } end, "workers")
check.raises(function() tm.pool { worker = 2 } end, "unknown option 'worker'")
check.raises(function() tm.pool { 2 } end, "unknown option")
check.raises(function() tm.pool(2) end, "table")
check.raises(function() tm.pool { workers = 1, queue = 0 } end, "queue")
check.raises(function() tm.pool { workers = 1, kind = "fibre" } end, "fibre")
local pool <close> = tm.pool { workers = 1, queue = math.huge }
check.raises(function() pool:submit() end, "bad_options_are_refused.lua:%d+:.*function expected")
check.raises(function() pool:submit(5) end, "function expected")
check.raises(function() pool.submit(print) end, "pool expected")
check.raises(function() pool:map "x" end, "function expected")
check.raises(function() pool:map(print) end, "list, iterator")
check.raises(function() pool:map(print, "text") end, "list, iterator")
for _, count in ipairs { -1, 1.5, 0 / 0 } do
  check.raises(function() pool:map(print, count) end, "whole number")
end
for _, value in ipairs { 0, -1, 1.5 } do
  check.raises(function() pool:map(print, 3, { chunk = value }) end, "chunk")
  check.raises(function() pool:map(print, 3, { buffer = value }) end, "buffer")
end
check.raises(function() pool:map(print, 3, { bufer = 1 }) end, "unknown option 'bufer'")
check.equal(pool:submit(function() return "usable" end):await(), "usable")
