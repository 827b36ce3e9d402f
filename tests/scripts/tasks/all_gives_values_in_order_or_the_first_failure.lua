local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local made = tm.spawn(function() tm.sleep(0.003) return "task" end)
local job = pool:submit(function() return "job", "second result" end)
check.equal(tm.all { function() tm.sleep(0.005) return "slow" end, made, job, function() return "quick", 2 end },
  { "slow", "task", "job", "quick" })
check.equal(tm.all {}, {})
check.equal({ tm.gather() }, {})
check.equal({ tm.gather {} }, {})
check.equal(table.pack(tm.gather(function() end, function() return false end, made, function() return nil end)),
  table.pack(nil, false, "task", nil))
-- One task twice, one function twice.
local calls = 0
local function call() calls = calls + 1 return calls end
check.equal(tm.all { made, made, call, call }, { "task", "task", 1, 2 })

-- A failing member: the others are cancelled and awaited, then its error comes out. Tasks of the caller's
-- are cancelled as well.
local closed = 0
local function guarded()
  local _ <close> = setmetatable({}, { __close = function() tm.shield(tm.yield) closed = closed + 1 end })
  tm.sleep(60)
end
for name, call_all in pairs { all = tm.all, gather = function(list) return tm.gather(table.unpack(list)) end } do
  closed = 0
  local mine, theirs = tm.spawn(guarded), pool:submit(tm.sleep, 60)
  tm.yield()
  local err = check.raises(function()
    call_all { guarded, mine, theirs, function() tm.yield() error { name } end, guarded }
  end)
  check.equal({ err, closed, mine:status(), theirs:status() }, { { name }, 3, "cancelled", "cancelled" })
end
-- One that was cancelled is a failing member, too; so is one that had failed before.
local cancelled = tm.spawn(tm.sleep, 60)
cancelled:cancel "why"
local err = check.raises(function() tm.all { guarded, cancelled } end)
check.equal({ err.kind, err.reason, err.task == cancelled }, { "cancelled", "why", true })
local failed = tm.spawn(error, "before")
failed:join()
check.equal(check.raises(function() tm.all { guarded, failed } end), "before")

-- gather with return_errors cancels nothing.
local values = table.pack(tm.gather(function() return 1 end, function() error("e", 0) end, cancelled, made,
  { return_errors = true }))
check.equal({ values[1], values[2], values[3].kind, values[4], values.n }, { 1, "e", "cancelled", "task", 4 })

for _, name in ipairs { "all", "settle", "any", "race", "wait" } do
  check.raises(function() tm[name]() end, "#1 to '" .. name .. "'")
  check.raises(function() tm[name](print) end, "list")
  check.raises(function() tm[name] { print, 5 } end, "member 2")
  check.raises(function() tm[name] { print, key = print } end, "key")
end
check.raises(function() tm.as_completed() end, "#1 to 'as_completed' %(list")
check.raises(function() tm.as_completed { print, 5 } end, "member 2")
check.raises(function() tm.as_completed { print, key = print } end, "key")
check.raises(function() tm.gather(print, { unknown = 1 }) end, "unknown option")
check.raises(function() tm.gather(5) end, "member 1")
