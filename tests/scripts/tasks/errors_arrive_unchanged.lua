-- Any type, nil and false included: the same object on one worker, an equal copy across workers.
local tm, check = require "tidemill", require "_helper"

local function raise(value) error(value, 0) end
local pool <close> = tm.pool { workers = 1 }
local object = setmetatable({ code = 7 }, { __tostring = function() return "code 7" end })
local values = table.pack("text", "", 42, 4.5, true, false, nil, object, { { 1 }, nested = { 2 } })
for i = 1, values.n do
  local value = values[i]
  for _, kind in ipairs { "spawn", "submit" } do
    local task = kind == "spawn" and tm.spawn(raise, value) or pool:submit(raise, value)
    local ok, err = task:join()
    check.equal(ok, false)
    check.equal(math.type(err) or type(err), math.type(value) or type(value), kind)
    check.equal(err, value, kind)
    if kind == "spawn" then check.truthy(rawequal(err, value)) end
    local awaited, again = pcall(task.await, task)
    check.equal({ awaited, again }, { false, value }, kind)
    check.equal(task:status(), "failed")
  end
end
local ok, err = tm.spawn(function() local x = nil; return x.field end):join()
check.truthy(not ok and err:find "errors_arrive_unchanged.lua:%d+: attempt to index a nil value")
