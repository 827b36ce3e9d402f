local tm, check = require "tidemill", require "_helper"

local b, indices = tm.barrier(3), {}
check.equal({ b:parties(), b:waiting() }, { 3, 0 })
local tasks = {}
for i = 1, 3 do
  tasks[i] = tm.spawn(function()
    for round = 1, 4 do
      local index = b:wait()
      indices[round] = (indices[round] or 0) + 10 ^ index
    end
  end)
end
tm.yield()
for _, task in ipairs(tasks) do task:await() end
check.equal(indices, { 111, 111, 111, 111 })
check.equal({ b:waiting(), tostring(b) }, { 0, "barrier 0/3 waiting" })
check.equal(tm.barrier(1):wait(), 0)

-- in the order of arrival, the last gets n - 1
local first, second = tm.spawn(b.wait, b), tm.spawn(b.wait, b)
tm.yield()
check.equal(tostring(b), "barrier 2/3 waiting")
check.equal({ b:wait(), first:await(), second:await() }, { 2, 0, 1 })
