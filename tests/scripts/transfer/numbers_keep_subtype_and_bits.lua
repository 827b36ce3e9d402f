local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local values = { 0, 1, -1, 127, 128, 255, 256, -128, 65535, 2 ^ 31, 1 << 31, 1 << 32, 2 ^ 53,
  math.maxinteger, math.mininteger, 0.0, -0.0, 1.0, 1.5, math.pi, math.huge, -math.huge, 0 / 0, -(0 / 0),
  5e-324, 2 ^ -1022, 1.7976931348623157e308 }
for i = 1, 200 do
  values[#values + 1] = math.random(0)
  values[#values + 1] = string.unpack("n", string.pack("j", math.random(0)))
end
local function bits(list)
  local parts = {}
  for i, value in ipairs(list) do
    parts[i] = math.type(value) .. string.pack(math.type(value) == "integer" and "j" or "n", value)
  end
  return table.concat(parts)
end
local function echo(...) return ... end
check.truthy(bits(pool:submit(echo, values):await()) == bits(values), "in a table")
check.truthy(bits { pool:submit(echo, table.unpack(values)):await() } == bits(values), "as arguments")
local ch = tm.channel(1)
for _, value in ipairs(values) do
  ch:send(value)
  check.truthy(bits { ch:recv() } == bits { value }, "alone")
end
