-- A job that makes tasks until its memory is used up: what the engine notes of them, and of the
-- error where the coroutine is too full for it, is not refused.
local tm, check = require "tidemill", require "_helper"

local other = tm.pool { workers = 1, name = "other" }
local hogs = {
  function()
    for _ = 1, math.huge do tm.spawn(tm.sleep, 100) end
  end,
  function()
    for _ = 1, math.huge do other:submit(function() tm.sleep(100) end) end
  end,
  function()
    tm.scope(function(scope)
      for i = 1, math.huge do
        scope:spawn(function()
          tm.locals.number = i
          tm.sleep(100)
        end)
        if i % 10 == 0 then tm.yield() end
      end
    end)
  end,
}
for i, hog in ipairs(hogs) do
  for limit = 1100000, 1800000, 100003 do
    local pool <close> = tm.pool { workers = 1, memory_limit = limit }
    local what = ("hog %d with %d bytes"):format(i, limit)
    local ok, err = pool:submit(hog):join()
    check.equal(ok, false, what)
    -- Several of its tasks may have met the limit.
    check.truthy(type(err) == "table" and (err.kind == "limit" or err.kind == "group"), what .. ": " .. tostring(err))
    check.truthy(tostring(err):find("memory_limit", 1, true), what .. ": " .. tostring(err))
    check.equal(pool:submit(function() return "goes on" end):await(), "goes on", what)
  end
end
other:close { cancel = true }
