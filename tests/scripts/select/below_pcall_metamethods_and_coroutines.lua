local tm, check = require "tidemill", require "_helper"

local never = tm.channel()
local function later(value)
  local ch = tm.channel()
  tm.spawn(function() tm.yield() ch:send(value) end)
  return { never, ch }
end
check.equal({ pcall(tm.select, later "a") }, { true, 2, "a" })
check.equal({ xpcall(tm.select, error, later "b") }, { true, 2, "b" })
local object = setmetatable({}, {
  __index = function(_, key) return select(2, tm.select(later(key))) end,
  __close = function() check.equal(select(2, tm.select(later "closing")), "closing") end,
})
check.equal(object.field, "field")
do local _ <close> = object end
local inner = coroutine.wrap(function()
  coroutine.yield(select(2, tm.select(later "c")))
  return select(2, tm.select(later "d"))
end)
check.equal({ inner(), inner() }, { "c", "d" })

-- Where Lua cannot suspend one clear error comes, and nothing is taken; a poll works.
local full = tm.channel(1)
full:send "stays"
for _, timeout in ipairs { 1, math.huge } do
  check.raises(function()
    ("x"):gsub("x", function() tm.select({ full, never }, timeout) end)
  end, "cannot wait here")
  check.raises(function()
    table.sort({ 2, 1 }, function() tm.select({ full, never }, timeout) end)
  end, "cannot wait here")
end
check.equal({ #full, never:stats().receivers_waiting }, { 1, 0 })
local got
local text = ("x"):gsub("x", function() got = select(2, tm.select({ full, never }, 0)) end)
check.equal({ text, got, #full }, { "x", "stays", 0 })
