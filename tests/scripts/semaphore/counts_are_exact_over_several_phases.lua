local tm, check = require "tidemill", require "_helper"

local s = tm.semaphore()
check.equal(s:value(), 1)
check.equal(s:try_acquire(), true)
check.equal(s:try_acquire(), false)
s:release()
check.equal(s:value(), 1)

s = tm.semaphore(3)
local inside, most = 0, 0
local pending = {}
for i = 1, 10 do
  pending[i] = tm.spawn(function()
    for _ = 1, 3 do
      local _ <close> = s:acquire()
      inside = inside + 1
      most = math.max(most, inside)
      tm.yield()
      inside = inside - 1
    end
  end)
end
for _, task in ipairs(pending) do task:await() end
check.equal({ most, inside, s:value() }, { 3, 0, 3 })
check.equal(tm.semaphore(0):value(), 0)
check.equal(tm.semaphore(0):try_acquire(), false)
