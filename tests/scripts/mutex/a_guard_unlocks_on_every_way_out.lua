-- <close> and with: after return, error, break, cancel and the end of a coroutine it is free.
local tm, check = require "tidemill", require "_helper"

local m = tm.mutex()
local function guarded(leave)
  local guard <close> = m:lock()
  check.truthy(guard == m and m:locked())
  leave()
end

guarded(function() end)
check.equal(m:locked(), false)
check.raises(function() guarded(function() error "out" end) end, "out")
check.equal(m:locked(), false)
for _ = 1, 2 do
  local _ <close> = m:lock()
  break
end
check.equal(m:locked(), false)

local task = tm.spawn(guarded, function() tm.sleep(60) end)
tm.yield()
check.equal(m:locked(), true)
task:cancel()
task:join()
check.equal(m:locked(), false)

local co = coroutine.create(guarded)
coroutine.resume(co, coroutine.yield)
check.equal(m:locked(), true)
coroutine.close(co)
check.equal(m:locked(), false)
