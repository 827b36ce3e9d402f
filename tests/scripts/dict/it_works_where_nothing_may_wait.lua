-- stdout: 1000
local tm, check = require "tidemill", require "_helper"

local d = tm.dict()
local list = { 3, 1, 2 }
table.sort(list, function(x, y)
  d:incr "compared"
  d:set("last", { x, y })
  check.equal(d:get "last", { x, y })
  return x < y
end)
check.truthy(d:get "compared" > 0)

do
  setmetatable({}, { __gc = function()
    d:set("finalised", { d:keys(), ("x"):rep(1000) })
    d:update("finalised", function(old) return #old end)
  end })
  collectgarbage()
  check.equal(d:get "finalised", 2)
end

local task = tm.spawn(function()
  pcall(tm.sleep, 60)
  d:set("cancelled", { 1 })
  d:update("cancelled", function(old) return old[1] + 1 end)
  d:delete "last"
end)
tm.yield()
task:cancel()
task:join()
check.equal({ d:get "cancelled", d:get "last" }, { 2 })

-- When the state is closed, too.
_G.kept = setmetatable({}, { __gc = function()
  d:set("at exit", { ("x"):rep(1000) })
  for _ in pairs(d) do end
  print(#d:get "at exit"[1])
end })
