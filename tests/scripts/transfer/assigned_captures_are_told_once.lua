-- stdout: 0
-- stderr~ ^tidemill: warning: %C*told_once.lua:%d+ assigns captured 'count'; only this job's copy changes, see tm.atomic%c%C*:%d+ assigns captured 'total'%C*%c%C*:21 assigns captured 'inner'%C*%c$
local tm = require "tidemill"

local pool <close> = tm.pool { workers = 1 }
local count = 0
for _ = 1, 3 do
  pool:submit(function()  -- a new closure each time, of the same function
    count = count + 1
  end):await()
end
print(count)

-- In a function that it captures.
local total = 0
local function add(n) total = total + n end
for _ in pool:map(function(i) add(i) end, 10) do end

-- In a function inside it.
local inner
pool:submit(function() (function() inner = 1 end)() end):await()

-- Its own variables, and globals, are its own affair; so is everything in the same state.
pool:submit(function()
  local n = 0
  local function bump() n = n + 1 end
  bump()
  some_global = n
  n = n + 1
end):await()
tm.spawn(function() count = count + 1 end):await()
local ch = tm.channel(1)
ch:send(function() count = count + 1 end)
ch:recv()
