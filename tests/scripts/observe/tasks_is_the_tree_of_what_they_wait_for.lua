local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2, name = "workers" }
local channel, mutex, ready = tm.channel(0, "jobs"), tm.mutex { name = "accounts" }, tm.latch(3)
mutex:lock()
local job = pool:submit(function()
  local tm = require "tidemill"
  tm.spawn(function() ready:done() tm.sleep(60) end)
  ready:done()
  channel:recv()
end)
local locker = tm.spawn(function()
  ready:done()
  coroutine.wrap(function() mutex:lock() end)()
end)
local scope = tm.spawn(function()
  tm.scope(function(scope) scope:spawn(tm.sleep, 60) end)
end)
ready:wait()
-- They have begun; what they say shows when they wait.
local function find(tasks, id)
  for _, task in ipairs(tasks) do
    local found = task.id == id and task or find(task.children, id)
    if found then return found end
  end
end
local tree
repeat
  tm.yield()
  tree = tm.tasks()
  local seen = find(tree, job.id)
until seen and seen.waits_for and seen.children[1] and seen.children[1].waits_for and find(tree, scope.id).children[1]

check.equal(#tree, 1)
check.equal({ tree[1].id, tree[1].status }, { tm.current().id, "running" })
local seen = find(tree, job.id)
check.equal({ seen.status, seen.waits_for }, { "waiting", 'a value in channel "jobs"' })
check.truthy(seen.where:find "tasks_is_the_tree_of_what_they_wait_for.lua:10", seen.where)
check.truthy(seen.seconds >= 0 and seen.seconds < 60)
check.truthy(seen.children[1].text:find "waits for a moment %(tm.sleep%) at .*:8, for %d", seen.children[1].text)
local lock = find(tree, locker.id)
check.truthy(lock.waits_for:find('mutex "accounts", held by task #' .. tm.current().id .. " since .*:5"), lock.waits_for)
check.truthy(lock.where:find ":14", lock.where)
check.equal(find(tree, scope.id).waits_for, "its children to end")
local lines = select(2, tostring(tree):gsub("\n", "\n")) + 1
check.equal(lines, 6)
check.truthy(tostring(tree):find "\n  task #%d+ %(.*:6%) waits for a value")

check.truthy(tm.why(locker):find 'waits for mutex "accounts", held by', tm.why(locker))
check.truthy(tm.why(job):find 'waits for a value in channel "jobs" at .*:10', tm.why(job))
check.truthy(tm.why(tm.current()):find "running")
local queued = tm.spawn(print)
check.truthy(tm.why(queued):find "queued")
queued:cancel()
check.truthy(tm.why(queued):find "cancelled")
check.raises(function() tm.why(5) end, "task expected")
for _, task in ipairs { job, locker, scope } do task:cancel() task:join() end

-- A worker that computes does not answer: its task is there all the same.
local started = tm.channel(1)
local busy = pool:submit(function() started:send(1) while true do end end)
started:recv()
check.equal(find(tm.tasks(), busy.id).status, "running")
busy:cancel()
busy:join()
-- From a job, too.
check.equal(pool:submit(function() return #require "tidemill".tasks() end):await(), 1)
