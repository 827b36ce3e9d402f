-- Putters and getters that wait are told; putters have put nothing.
local tm, check = require "tidemill", require "_helper"

for _, at_once in ipairs { false, true } do
  local full, empty = tm.queue { capacity = 1 }, tm.queue()
  full:put "kept"
  local putters, getters = {}, {}
  for i = 1, 3 do
    putters[i] = tm.spawn(function()
      if i == 3 then return pcall(full.put_timeout, full, 60, i) end
      return pcall(full.put, full, i)
    end)
    getters[i] = tm.spawn(function()
      if i == 3 then return empty() end  -- as in a loop
      return empty:get(i == 2 and 60 or nil)
    end)
  end
  tm.yield()
  check.equal({ full:stats().putters_waiting, empty:stats().getters_waiting }, { 3, 3 })
  full:shutdown(at_once)
  empty:shutdown(at_once)
  for i = 1, 3 do
    local ok, err = putters[i]:await()
    check.equal({ ok, err.kind }, { false, "closed" })
    check.truthy(err.message:find("shutdown_wakes_whoever_waits.lua:%d+: cannot put: the queue is shut down")
      or err.message:find "^cannot put", err.message)
    check.equal({ getters[i]:await() }, i == 3 and { nil } or { nil, "closed" })
  end
  check.equal({ full:get() }, at_once and { nil, "closed" } or { "kept" })
  check.equal({ full:get() }, { nil, "closed" })
  check.equal(full:stats().put, 1)
end
