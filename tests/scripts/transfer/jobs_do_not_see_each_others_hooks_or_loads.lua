local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local before = debug.gethook()  -- the engine may have one
pool:submit(function() debug.sethook(function() error "from the first job" end, "l") end):join()
check.equal(pool:submit(function()
  local n = 0
  for i = 1, 10 do n = n + i end
  return n
end):await(), 55)
check.equal(debug.gethook(), before)

-- What is loaded in a job has the job's globals.
check.equal({ pool:submit(function()
  x = 5
  load("y = x + 1; print = nil")()
  return load("return x")(), y
end):await() }, { 5, 6 })
check.equal(pool:submit(function() return x, y, type(print) end):await(), nil)
check.equal(pool:submit(function() return type(print) end):await(), "function")
check.equal(pool:submit(function() return load("return x", "c", "t", { x = 7 })() end):await(), 7)
x = 3
check.equal(load("return x")(), 3)
