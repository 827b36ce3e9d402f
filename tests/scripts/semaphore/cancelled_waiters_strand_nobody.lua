-- Cancelled before or after it is served, with one or several permits at once: the others are
-- served, and in the end all permits are there.
local tm, check = require "tidemill", require "_helper"

for _, permits in ipairs { 1, 2, 3 } do
  for victim = 1, 3 do
    for _, release_first in ipairs { true, false } do
      local s, got, tasks = tm.semaphore(0), {}, {}
      for i = 1, 3 do
        tasks[i] = tm.spawn(function()
          local _ <close> = s:acquire()
          got[#got + 1] = i
          tm.yield()
        end)
      end
      tm.yield()
      if release_first then s:release(permits) end
      tasks[victim]:cancel()
      if not release_first then
        check.truthy(tostring(s):find "2 waiting", tostring(s))
        s:release(permits)
      end
      for i = 1, 3 do tasks[i]:join() end
      check.equal(tasks[victim]:status(), "cancelled")
      local served = release_first and victim <= permits
      local expected = {}
      for i = 1, 3 do
        if i ~= victim or served then expected[#expected + 1] = i end
      end
      table.sort(got)  -- those served at once may run in any order
      check.equal(got, expected)
      check.equal(s:value(), permits)
    end
  end
end
