-- Lua leaves open what # gives for a table with holes, but a copy should not give something else.
local tm, check = require "tidemill", require "_helper"

local ch = tm.channel(1)
local function copy(t)
  ch:send(t)
  return (ch:recv())
end
local function values(...) return ... end
for i, t in ipairs {
  { 1, 2, 3, nil, 5 }, { nil, 2 }, { nil, nil, nil, 4 }, { 1, nil, 3, nil, 5, nil, 7, nil, 9 }, { nil, nil },
  { values(nil, "x", nil, "y") }, { 1, nil, 3, name = "x", [1.5] = 2, [100] = 3 }, { [1] = 1, [2] = 2, [4] = 4 },
  { table.unpack({}, 1, 200) }, table.pack(nil, 1, nil), { [3] = 3, [2] = 2, [1] = 1 }, { [10] = 1 },
} do
  local c = copy(t)
  check.equal(#c, #t, i)
  check.equal(c, t, i)
end
math.randomseed(1)
for _ = 1, 2000 do
  local t = { table.unpack({}, 1, math.random(0, 20)) }
  for _ = 1, math.random(20) do t[math.random(-2, 40)] = math.random(3) > 1 and { 1 } or 1 end
  for _ = 1, math.random(5) do t[math.random(40)] = nil end
  check.equal(copy(t), t)
end
