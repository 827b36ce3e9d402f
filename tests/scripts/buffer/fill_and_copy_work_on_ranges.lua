local tm, check = require "tidemill", require "_helper"

local b = tm.buffer(6, "u8")
check.truthy(b:fill(1) == b)
check.equal(b:fill(2, 3):totable(), { 1, 1, 2, 2, 2, 2 })
check.equal(b:fill(3, -2, -2):fill(9, 3, 2):totable(), { 1, 1, 2, 2, 3, 2 })

check.truthy(b:copy { 7, 8 } == b)
check.equal(b:copy({ 10, 20, 30 }, 4):totable(), { 7, 8, 2, 10, 20, 30 })
check.equal(b:copy({ 10, 20, 30 }, 1, 2, 3):totable(), { 20, 30, 2, 10, 20, 30 })
check.equal(b:copy({ 10, 20, 33 }, -1, -1):totable(), { 20, 30, 2, 10, 20, 33 })
check.equal(b:copy({}, 7):copy(b:slice(1, 0)):totable(), { 20, 30, 2, 10, 20, 33 })
check.equal(b:copy(tm.buffer({ 1, 2, 3 }, "f64"), 2, 2):totable(), { 20, 2, 3, 10, 20, 33 })

for _, call in ipairs {
  function() b:copy({ 1, 2 }, 6) end, function() b:copy({ 1, 2, 3, 4, 5, 6, 7 }) end,
  function() b:copy(tm.buffer(7, "u8")) end, function() b:copy(b, 2) end,
} do
  check.raises(call, "fill_and_copy_work_on_ranges.lua:%d+: %d elements do not fit into a buffer of 6 from")
end
check.raises(function() b:copy({}, 8) end, "bad argument #2 to 'copy' .*index 8 out of range")
check.raises(function() b:copy({ 1 }, 1, 3) end, "bad argument #3 to 'copy' .*index 3 out of range .*has 1 el")
check.raises(function() b:copy "abc" end, "table or buffer expected, got string")
check.raises(function() b:copy() end, "table or buffer expected")
check.raises(function() b.copy({}, b) end, "buffer expected")
check.equal(b:totable(), { 20, 2, 3, 10, 20, 33 })

-- Values before the one that does not fit have been copied.
check.raises(function() b:copy { 1, 2, 300, 4 } end, "value 3: 300 does not fit into u8")
check.equal(b:totable(), { 1, 2, 3, 10, 20, 33 })

-- Overlapping parts arrive as they were.
local n = 5000
local function numbers()
  local c = tm.buffer(n, "i32")
  for i = 1, n do c[i] = i end
  return c
end
for _, shift in ipairs { 1, 2, 700, 4000 } do
  local up, down = numbers(), numbers()
  up:copy(up, 1 + shift, 1, n - shift)
  down:copy(down:slice(1 + shift))
  for i = 1, n do
    check.equal({ up[i], down[i] }, { i > shift and i - shift or i, i <= n - shift and i + shift or i })
  end
end
