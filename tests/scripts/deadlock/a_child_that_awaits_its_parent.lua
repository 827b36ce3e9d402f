local tm, check = require "tidemill", require "_helper"

-- The parent has returned and waits for its children.
local parent, told
parent = tm.spawn(function()
  tm.spawn(function()
    tm.yield()
    told = check.raises(function() parent:await() end, "waits for its children to end")
  end)
end)
parent:await()
check.equal(told.kind, "deadlock")

-- The end of a scope waits for its children, and they for the task that is in there.
told = nil
local inside = tm.spawn(function()
  tm.scope(function(scope)
    local me = tm.current()
    scope:spawn(function() told = select(2, me:join()) end)
  end)
end)
local ok, err = inside:join()
check.equal({ ok, err.kind, err:find("deadlock").kind }, { false, "group", "deadlock" })

-- Who gives up waiting in time is in no circle.
local patient
patient = tm.spawn(function()
  tm.spawn(function() told = table.pack(patient:join(0.01)) end)
end)
patient:await()
check.equal(told, { nil, "timeout", n = 2 })
