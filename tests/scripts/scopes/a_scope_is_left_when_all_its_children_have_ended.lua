-- Also those that children made, and jobs; what was made around the scope is not waited for.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local gate, log = tm.channel(), {}
local around = tm.spawn(function() gate:recv() end)
local told = tm.channel(math.huge)
local result = tm.scope(function(scope)
  scope:spawn(function(name)
    tm.spawn(function() tm.sleep(0.01) log[#log + 1] = "grandchild" end)
    log[#log + 1] = name
  end, "child")
  tm.spawn(function() tm.sleep(0.005) log[#log + 1] = "implicit child" end)
  scope:submit(pool, function(n)
    pool:submit(function() tm.sleep(0.01) told:send(n + 1) end)
    told:send(n)
  end, 1)
  pool:submit(function() tm.sleep(0.005) told:send(3) end)
  return "body"
end)
check.equal(result, "body")
table.sort(log)
check.equal(log, { "child", "grandchild", "implicit child" })
check.equal(#told, 3)
check.equal(around:status(), "waiting")
gate:send(1)
