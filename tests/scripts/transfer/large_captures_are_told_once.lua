-- stderr~ ^tidemill: warning: function at %C*large_captures_are_told_once.lua:8 captures 'text', 3.0 MiB that are copied along; see tm.freeze%c%C*:10 captures 'list', 2.6 MiB%C*%c%C*a job uses global 'table_of_all', 2.6 MiB%C*%c$
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local text, list = ("x"):rep(3 << 20), {}
for i = 1, 300000 do list[i] = i end
for _ = 1, 2 do
  check.equal(pool:submit(function() return #text end):await(), 3 << 20)
end
for _, n in pool:map(function() return #list end, 3) do check.equal(n, 300000) end
table_of_all = list
check.equal(pool:submit(function() return #table_of_all end):await(), 300000)

-- What is passed is asked for, and what is frozen is not copied.
check.equal(pool:submit(function(t) return #t end, list):await(), 300000)
local frozen = tm.freeze(list)
check.equal(pool:submit(function() return #frozen end):await(), 300000)
