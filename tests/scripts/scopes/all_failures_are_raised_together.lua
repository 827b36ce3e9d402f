-- Those of the siblings' cleanup, of the body and of its cleanup included; cancellations are not among
-- them.
local tm, check = require "tidemill", require "_helper"

local function failing_cleanup(value)
  return setmetatable({}, { __close = function() error(value, 0) end })
end
local err = check.raises(function()
  tm.scope(function(scope)
    for i = 1, 3 do
      scope:spawn(function()
        local _ <close> = failing_cleanup("cleanup " .. i)
        tm.sleep(60)
      end)
    end
    scope:spawn(tm.sleep, 60)
    tm.yield()
    scope:spawn(function() error("first", 0) end)
    local _ <close> = failing_cleanup "cleanup of the body"
    tm.sleep(60)
  end)
end)
check.equal(err.kind, "group")
check.equal(err.errors[1], "first")
local seen = {}
for _, each in ipairs(err.errors) do seen[#seen + 1] = each end
table.sort(seen)
check.equal(seen, { "cleanup 1", "cleanup 2", "cleanup 3", "cleanup of the body", "first" })
for _, each in ipairs(seen) do check.truthy(tostring(err):find(each, 1, true), each) end

-- A group in a group: `find` looks into all of them, also behind a nil.
local closed_channel = tm.channel()
closed_channel:close()
local closed = check.raises(function() closed_channel:send(1) end)
err = check.raises(function()
  tm.scope(function(outer)
    outer:spawn(function()
      tm.scope(function(inner)
        inner:spawn(function()
          local _ <close> = setmetatable({}, { __close = function() error(closed) end })
          tm.sleep(60)
        end)
        tm.yield()
        error(nil)
      end)
    end)
  end)
end)
local inner = err.errors[1]
check.equal({ err.errors.n, inner.kind, inner.errors.n, inner.errors[1] }, { 1, "group", 2, nil })
check.equal(err:find "group", err)
check.equal(err:find "timeout", nil)
-- A copy: its `cause` is the cancellation, which holds the task that failed, and no task keeps itself.
check.truthy(err:find "closed" == inner.errors[2] and inner.errors[2].message == closed.message)
