local tm, check = require "tidemill", require "_helper"

local function failed_with(...)
  local future = tm.future()
  check.equal(future:fail(...), true)
  check.equal(future:status(), "failed")
  local joined = table.pack(future:join())
  local raised = table.pack(pcall(future.await, future))
  check.equal(joined, raised)
  check.equal({ joined[1], joined.n }, { false, 2 })
  return joined[2]
end

local marker, fn = setmetatable({}, { __tostring = function() return "marked" end }), function() end
for _, value in ipairs { "text", "", 7, 2.5, true, false } do
  local err = failed_with(value)
  check.equal({ err, math.type(err) }, { value, math.type(value) })
end
check.truthy(rawequal(failed_with(marker), marker))
check.truthy(rawequal(failed_with(fn), fn))
check.equal(failed_with(nil), nil)
check.equal(failed_with(), nil)

-- What waits already gets it too.
local future, err = tm.future(), nil
local waiter = tm.spawn(function() err = select(2, pcall(future.await, future)) end)
tm.yield()
future:fail(marker)
waiter:await()
check.truthy(rawequal(err, marker))
