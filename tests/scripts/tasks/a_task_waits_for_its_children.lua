local tm, check = require "tidemill", require "_helper"

local log = {}
local function tree(name, depth)
  for i = 1, depth do tm.spawn(tree, name .. i, depth - 1) end
  tm.sleep(0.001 * depth)
  log[#log + 1] = name
end
local parent = tm.spawn(tree, "r", 3)
check.equal(parent:join(0), nil)
parent:await()
check.equal(#log, 16)  -- 1 + 3 * (1 + 2 * (1 + 1))

local pool <close> = tm.pool { workers = 2 }
local done = tm.channel(10)
pool:submit(function()
  for i = 1, 3 do
    tm.spawn(function() tm.sleep(0.01) done:send(i) end)
    pool:submit(function() tm.sleep(0.01) done:send(-i) end)
  end
end):await()
check.equal(#done, 6)
