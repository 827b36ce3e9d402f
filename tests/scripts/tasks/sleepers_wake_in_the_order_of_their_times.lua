local tm, check = require "tidemill", require "_helper"

local woken, in_time
repeat  -- until all have gone to sleep before the times differ by less than that
  woken = {}
  local tasks, started = {}, tm.now()
  for i, length in ipairs { 0.05, 0.02, 0.035, 0.02, 0.001 } do
    tasks[i] = tm.spawn(function()
      tm.sleep(length)
      woken[#woken + 1] = i
      check.truthy(tm.now() - started >= length, "it woke too early")
    end)
  end
  tm.yield()
  in_time = tm.now() - started < 0.014
  for _, task in ipairs(tasks) do task:await() end
until in_time
check.equal(woken, { 5, 2, 4, 3, 1 })
