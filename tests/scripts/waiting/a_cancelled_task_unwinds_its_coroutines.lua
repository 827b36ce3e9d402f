local tm, check = require "tidemill", require "_helper"

local log = {}
local function guard(name)
  return setmetatable({}, { __close = function() log[#log + 1] = name end })
end
local task = tm.spawn(function()
  local _ <close> = guard "task"
  coroutine.wrap(function()
    local _ <close> = guard "outer"
    local inner = coroutine.create(function()
      local _ <close> = guard "inner"
      pcall(tm.sleep, 60)
      log[#log + 1] = "caught"
      tm.sleep(60)
    end)
    local ok, err = coroutine.resume(inner)
    log[#log + 1] = err.kind
    coroutine.close(inner)
    tm.sleep(60)
  end)()
end)
tm.yield()
task:cancel()
local ok, err = task:join()
check.equal({ ok, err.kind, task:status() }, { false, "cancelled", "cancelled" })
check.equal(log, { "caught", "cancelled", "inner", "outer", "task" })
