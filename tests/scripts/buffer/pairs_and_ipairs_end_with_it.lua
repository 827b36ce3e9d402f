local tm, check = require "tidemill", require "_helper"

local b = tm.buffer({ 5, 6, 7 }, "i32")
for name, iterate in pairs { pairs = pairs, ipairs = ipairs } do
  local seen = {}
  for i, value in iterate(b) do seen[#seen + 1] = i * 10 + value end
  check.equal(seen, { 15, 26, 37 }, name)
  for _ in iterate(tm.buffer(0, "u8")) do error "an element of nothing" end
end
check.equal({ table.unpack(b, 1, #b) }, { 5, 6, 7 })
check.equal(table.pack(table.unpack(b, 1, #b + 1)), { 5, 6, 7, nil, n = 4 })
check.equal(table.concat(b, " "), "5 6 7")
check.equal(table.move(b, 1, 3, 1, {}), { 5, 6, 7 })
check.raises(function() return b[4] end, "out of range")  -- script code is told
local next_element, state = pairs(b)
check.equal({ next_element(state, 3), next_element(state, -1), next_element(state, 1000) }, {})
check.raises(function() next_element(tm.event(), 1) end, "buffer expected")
