local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function fail() error("deep down") end
local function middle() pool:submit(fail):await() end
local outer = tm.spawn(function() tm.spawn(middle):await() end)
outer:join()

local trace = tm.traceback(outer)
local inner = outer.id + 1
local chain = ("\ntask #%d was spawned at [^\n]*:5 by task #%d\ntask #%d was spawned at [^\n]*:6 by task #%d\ntask #%d was spawned at [^\n]*:6 by the main task$")
  :format(inner + 1, inner, inner, outer.id, outer.id)
check.truthy(trace:find(chain), trace)
check.equal(select(2, trace:gsub("by the main task", "")), 1)
for _, id in ipairs { inner, inner + 1 } do
  check.truthy(trace:find("\nin task #" .. id .. ":\n", 1, true), trace)
end

-- Of one that is not its child the error brings the way it came along.
local failing = tm.spawn(function() tm.yield() error("beside") end)
local asking = tm.spawn(function() failing:await() end)
asking:join()
trace = tm.traceback(asking)
for _, task in ipairs { failing, asking } do
  check.truthy(trace:find("\ntask #" .. task.id .. " was spawned at ", 1, true), trace)
end
check.equal(tm.traceback(tm.current()), nil)
