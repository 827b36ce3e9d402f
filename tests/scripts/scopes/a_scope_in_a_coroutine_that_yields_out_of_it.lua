-- The block stays open until the coroutine goes on, is closed, or its task ends.
local tm, check = require "tidemill", require "_helper"

-- Resumed later, by the same task.
local log = {}
local generator = coroutine.wrap(function()
  return tm.scope(function(scope)
    scope:spawn(function() tm.sleep(0.001) log[#log + 1] = "child" end)
    coroutine.yield "first"
    return "last"
  end)
end)
check.equal(generator(), "first")
while #log == 0 do tm.sleep(0.001) end
check.equal(log, { "child" })
check.equal(generator(), "last")
check.equal(tm.timeout(60, function()
  local co = coroutine.wrap(function() return tm.timeout(60, function() coroutine.yield(1) return 2 end) end)
  return co() + co()
end), 3)

-- Two interleaved, ended in either order.
local function make(name)
  return coroutine.wrap(function()
    return tm.scope(function(scope)
      local child = scope:spawn(function() tm.yield() return name .. "'s child" end)
      coroutine.yield(name)
      return child:await()
    end)
  end)
end
for _, order in ipairs { { 1, 2 }, { 2, 1 } } do
  local made = { make "a", make "b" }
  check.equal({ made[1](), made[2]() }, { "a", "b" })
  local first = made[order[1]]()
  tm.yield()
  check.equal({ first, made[order[2]]() },
    { ({ "a", "b" })[order[1]] .. "'s child", ({ "a", "b" })[order[2]] .. "'s child" })
end

-- Closed: its children are cancelled, and the task goes on.
local children = {}
local function leave_open(scope_or_timeout)
  local co = coroutine.create(function()
    scope_or_timeout(function()
      children[1] = tm.spawn(tm.sleep, 60)
      tm.yield()
      coroutine.yield()
    end)
  end)
  check.equal(coroutine.resume(co), true)
  return co
end
for _, enter in ipairs { tm.scope, function(fn) tm.timeout(60, fn) end, tm.shield } do
  local co = leave_open(enter)
  check.equal(children[1]:status(), "waiting")
  check.equal(coroutine.close(co), true)
  tm.yield()
  check.equal(children[1]:status(), "cancelled")
  check.equal(tm.scope(function() tm.yield() return "consistent" end), "consistent")
  check.equal(tm.timeout(60, function() tm.yield() return "consistent" end), "consistent")
end

-- Dropped: they are cancelled when the coroutine is collected; its deadline does not count any more.
local ended = tm.spawn(function()
  coroutine.resume(coroutine.create(function()
    tm.timeout(0.01, function()
      children[1] = tm.spawn(tm.sleep, 60)
      tm.yield()
      coroutine.yield()
    end)
  end))
  collectgarbage()
  collectgarbage()
  children[1]:join()
  tm.sleep(0.02)
  return children[1]:status()
end)
check.equal(ended:await(), "cancelled")
-- Or when the task that opened it ends, which waits for them.
for _, enter in ipairs { tm.scope, function(fn) tm.timeout(60, fn) end, tm.shield } do
  local task = tm.spawn(function()
    leave_open(enter)
    collectgarbage()
    collectgarbage()
    return "ended"
  end)
  check.equal({ task:join() }, { true, "ended" })
  check.equal(children[1]:status(), "cancelled")
end

-- Cancelled while it is open: the task ends, and with it what is left.
local task = tm.spawn(function()
  leave_open(tm.scope)
  tm.sleep(60)
end)
tm.yield()
tm.yield()
task:cancel()
check.equal({ task:join(), task:status() }, { false, "cancelled" })
check.equal(children[1]:status(), "cancelled")
