local tm, check = require "tidemill", require "_helper"

local log = {}
local task = tm.spawn(function()
  local _ <close> = setmetatable({}, { __close = function()
    log[1] = pcall(tm.yield)
    log[2], log[3] = tm.shield(function()
      tm.sleep(0.002)
      local child = tm.spawn(function() tm.yield() return "child" end)
      return child:await(), tm.scope(function(scope) return scope:spawn(function() return "scoped" end):await() end)
    end)
    log[4] = pcall(tm.yield)
  end })
  tm.sleep(60)
end)
tm.yield()
task:cancel()
check.equal({ task:join(), log }, { false, { false, "child", "scoped", false } })

-- A cancel that comes while it is shielded waits for the end of the shield; results pass nevertheless.
local inside
local cancelled = tm.event()
task = tm.spawn(function()
  local a, b, c = tm.shield(function()
    inside = true
    cancelled:wait()
    return 1, nil, 3
  end)
  log = table.pack(a, b, c)
  local ok, err = pcall(tm.yield)
  return ok, err.kind
end)
tm.yield()
task:cancel()
cancelled:set()
check.equal({ inside, { task:join() }, log }, { true, { true, false, "cancelled" }, table.pack(1, nil, 3) })

-- Its own time limit ends it: `timeout`, as for a timeout block.
local started = tm.now()
local err = check.raises(function() tm.shield(function() tm.sleep(60) end, 0.01) end)
check.truthy(tm.now() - started < 5)
check.equal(err.kind, "timeout")
task = tm.spawn(function()
  tm.current():cancel()
  local ok, problem = pcall(tm.shield, function() tm.sleep(60) end, 0.005)
  return ok, problem.kind
end)
check.equal({ task:await() }, { false, "timeout" })

-- What is opened in the shield is cancelled by itself as ever.
check.equal(tm.shield(function()
  return select("#", tm.scope(function(scope) scope:cancel() tm.sleep(60) end))
end), 0)
check.equal(select(2, pcall(tm.shield, function() tm.timeout(0.002, tm.sleep, 60) end)).kind, "timeout")

-- Children of the shield are waited for, and those of the cancelled task end meanwhile.
local order, plain_ended = {}, tm.event()
task = tm.spawn(function()
  tm.spawn(function()
    pcall(tm.sleep, 60)
    order[#order + 1] = "plain child ended"
    plain_ended:set()
  end)
  tm.shield(function()
    tm.spawn(function()
      plain_ended:wait()
      tm.sleep(0.005)
      order[#order + 1] = "shielded child done"
    end)
  end)
end)
tm.yield()
tm.yield()
task:cancel()
task:join()
check.equal(order, { "plain child ended", "shielded child done" })

check.equal(check.raises(function() tm.shield(function() error("as it is", 0) end) end), "as it is")
check.raises(function() tm.shield() end, "function expected")
check.raises(function() tm.shield(print, 0 / 0) end, "NaN")
check.raises(function() tm.shield(print, "1") end, "number expected")
