-- In a comparator, a callback, a finaliser, a cancelled task: none of the operations waits.
local tm, check = require "tidemill", require "_helper"

local a = tm.atomic()
local list = { 3, 1, 2 }
table.sort(list, function(x, y) a:add() return x < y end)
check.truthy(a:get() > 0)
a:set(0)
check.equal((("xyz"):gsub(".", function() return a:add() end)), "123")

do
  local dropped = tm.atomic()
  setmetatable({}, { __gc = function() dropped:add() end })
  collectgarbage()
  check.equal(dropped:get(), 1)
end

local task = tm.spawn(function()
  local cleanup <close> = setmetatable({}, { __close = function() a:set(10) end })
  pcall(tm.sleep, 60)
  a:cas(3, 4)
  check.raises(tm.yield, "cancelled")
  check.equal(a:add(), 5)
end)
tm.yield()
task:cancel()
task:join()
check.equal(a:get(), 10)

-- When the state is closed, too.
local at_exit = tm.atomic()
_G.kept = setmetatable({}, { __gc = function() at_exit:add() end })
