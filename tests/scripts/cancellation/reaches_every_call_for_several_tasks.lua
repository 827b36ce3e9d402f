-- And what was started for the call has ended when it has; tasks that were given to it go on, unless
-- they are the caller's children.
local tm, check = require "tidemill", require "_helper"

local gate = tm.channel()
local foreign = tm.spawn(function() gate:recv() end)
local closed
local function work()
  local _ <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
  tm.sleep(60)
end
local calls = {
  all = function() tm.all { work, work, foreign } end,
  settle = function() tm.settle { work, work, foreign } end,
  any = function() tm.any { work, work, foreign } end,
  race = function() tm.race { work, work, foreign } end,
  gather = function() tm.gather(work, work, foreign) end,
  gather_errors = function() tm.gather(work, work, foreign, { return_errors = true }) end,
  as_completed = function() for _ in tm.as_completed { work, work, foreign } do end end,
  as_completed_timed = function() for _ in tm.as_completed({ work, work, foreign }, 60) do end end,
  wait = function() tm.wait { work, work, foreign } end,
  wait_first = function() tm.wait({ work, work, foreign }, "first", 60) end,
  wait_first_error = function() tm.wait({ work, work, foreign }, "first_error") end,
  scope = function() tm.scope(function() tm.spawn(work) work() end) end,
  scope_end = function() tm.scope(function() tm.spawn(work) tm.spawn(work) end) end,
  timeout = function() tm.timeout(60, function() tm.spawn(work) work() end) end,
  run = function() tm.run(function() tm.spawn(work) work() end) end,
}
local pool <close> = tm.pool { workers = 1 }
for name, call in pairs(calls) do
  for _, moment in ipairs { "waiting", "before" } do
    closed = 0
    local waited
    local task = tm.spawn(function()
      if moment == "before" then tm.current():cancel "why" end
      local _, first = pcall(call)
      local _, second = pcall(call)
      waited = { first.kind, first.reason, second.kind, (select(2, pcall(tm.yield)).kind) }
      error(first, 0)
    end)
    for _ = 1, 4 do tm.yield() end
    task:cancel "why"
    local ok, err = task:join(1000)
    check.equal({ ok, err.kind, err.reason, task:status() }, { false, "cancelled", "why", "cancelled" }, name)
    check.equal(waited, { "cancelled", "why", "cancelled", "cancelled" }, name)
    check.equal(closed, moment == "waiting" and 2 or 0, name .. " " .. moment)
    check.equal(foreign:status(), "waiting", name)
  end
end
gate:send(1)
