-- Functions of the module that are written in Lua call others in turn: what those refuse is told at the
-- line of the script, and a call made by pcall itself at the line of that.
local tm, check = require "tidemill", require "_helper"

local here = "^%S*below_the_library_name_the_scripts_line.lua:%d+: "
local pool <close> = tm.pool { workers = 1 }
local mutex, held, empty = tm.mutex(), tm.mutex(), tm.semaphore(0)
local holder = tm.spawn(function() local _ <close> = held:lock() tm.sleep(60) end)
tm.yield()
local calls = {
  with = function() held:with(print) end,
  acquire_with = function() empty:with(print) end,
  scope = function() tm.scope(print) end,
  timeout = function() tm.timeout(1, print) end,
  shield = function() tm.shield(print) end,
  all = function() tm.all { print } end,
  race = function() tm.race { print } end,
  wait = function() tm.wait { print } end,
  as_completed = function() for _ in tm.as_completed { print } do end end,
  once = function() tm.once():call(tm.sleep, 0) end,
  run = function() tm.run(print) end,
  map = function() pool:map(print, 3):collect() end,
  close = function() pool:close() end,
  put = function() local queue = tm.queue { capacity = 1 } queue:put(1) queue:put(2) end,
}
for name, call in pairs(calls) do
  local problem
  table.sort({ 1, 2 }, function(a, b)
    problem = problem or select(2, pcall(call))
    return a < b
  end)
  check.truthy(tostring(problem):find(here .. "cannot wait here: "), name .. ": " .. tostring(problem))
end
holder:cancel()

local condition = tm.condition(mutex)
check.raises(function() condition:wait_for(function() return false end) end, here .. ".*does not hold the mutex")
check.raises(function() condition:wait() end, here .. ".*does not hold the mutex")
local ok, problem = pcall(condition.wait, condition)
check.truthy(not ok and problem:find(here .. ".*does not hold the mutex"), problem)
