-- stderr~ assigns captured .inside.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local table_reason = { code = 3, list = { 1, 2 } }
for _, reason in ipairs { "text", 42, true, table_reason, tm.channel(1) } do
  for _, where in ipairs { "spawned", "unstarted", "job" } do
    local inside
    local entered = tm.channel(1)
    local function body(gate)
      gate:send(1)
      local ok, err = pcall(tm.sleep, 60)
      inside = err
      error(err, 0)
    end
    local task = where == "job" and pool:submit(body, entered) or tm.spawn(body, entered)
    if where ~= "unstarted" then entered:recv() end
    if where == "spawned" then tm.yield() end
    check.equal(task:cancel(reason), true, where)
    local again = task:cancel "too late"
    -- A job may have ended meanwhile.
    if where ~= "job" then check.equal(again, where ~= "unstarted", where) end
    local ok, err = task:join()
    check.equal({ ok, err.kind, err.reason, err.task == task }, { false, "cancelled", reason, true }, where)
    check.truthy(tostring(err):find("task #" .. task.id .. " was cancelled", 1, true), tostring(err))
    if where == "spawned" then
      check.equal({ inside.reason, inside.task == task }, { reason, true })
    end
  end
end
-- It is a copy, so that it means the same everywhere.
local task = tm.spawn(tm.sleep, 60)
task:cancel(table_reason)
local _, err = task:join()
check.truthy(err.reason ~= table_reason)
check.equal(check.raises(function() tm.spawn(print):cancel(coroutine.create(print)) end).kind, "transfer")

-- None given: none there; false is one.
task = tm.spawn(tm.sleep, 60)
tm.yield()
task:cancel()
_, err = task:join()
check.equal({ err.kind, err.reason }, { "cancelled", nil })
task = tm.spawn(tm.sleep, 60)
tm.yield()
task:cancel(false)
check.equal(select(2, task:join()).reason, false)

-- Children are cancelled for the same reason; the error names the child.
local child
task = tm.spawn(function()
  child = tm.spawn(tm.sleep, 60)
  tm.sleep(60)
end)
tm.yield()
tm.yield()
task:cancel "inherited"
task:join()
_, err = child:join()
check.equal({ err.reason, err.task == child }, { "inherited", true })

-- The first reason counts.
local scope_of
task = tm.spawn(function()
  tm.scope(function(scope)
    scope_of = scope
    local _, first = pcall(tm.sleep, 60)
    local _, second = pcall(tm.yield)
    return first.reason, second.reason
  end)
end)
tm.yield()
scope_of:cancel "one"
check.equal(scope_of:cancel "two", false)
check.equal(task:join(), true)
