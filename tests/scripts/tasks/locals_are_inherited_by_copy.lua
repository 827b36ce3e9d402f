local tm, check = require "tidemill", require "_helper"

local shared = { count = 0 }
tm.locals.name, tm.locals.shared, tm.locals[1] = "root", shared, "one"

local child = tm.spawn(function()
  check.equal({ tm.locals.name, tm.locals[1] }, { "root", "one" })
  check.truthy(rawequal(tm.locals.shared, shared))  -- the fields are copied, not what is in them
  tm.locals.name = "child"
  tm.locals.extra = true
  tm.yield()
  check.equal(tm.locals.name, "child")
  tm.spawn(function() check.equal({ tm.locals.name, tm.locals.extra }, { "child", true }) end):await()
end)
tm.locals.name = "changed before the child starts"
child:await()
check.equal({ tm.locals.name, tm.locals.extra }, { "changed before the child starts", nil })

-- The other ways to make a task.
local function name() return tm.locals.name end
tm.locals.name = "maker"
check.equal(tm.run(name), "maker")
check.equal(tm.all { name, name }, { "maker", "maker" })
check.equal(tm.timeout(1, name), "maker")
check.equal(tm.scope(function(scope) return scope:spawn(name):await() end), "maker")

-- A field can be taken away, and they can be listed.
tm.locals.name, tm.locals.shared, tm.locals[1] = nil, nil, nil
check.equal(tm.locals.name, nil)
tm.locals.only = 1
local fields = {}
for key, value in pairs(tm.locals) do fields[key] = value end
check.equal(fields, { only = 1 })
