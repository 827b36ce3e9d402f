local tm, check = require "tidemill", require "_helper"

local closed = 0
local function loser()
  local _ <close> = setmetatable({}, { __close = function() tm.shield(tm.yield) closed = closed + 1 end })
  tm.sleep(60)
end
local function failing() error("failed", 0) end
local function late() tm.yield() tm.yield() return "late", nil, 3 end

check.equal(table.pack(tm.any { loser, failing, late, loser }), table.pack("late", nil, 3))
check.equal(closed, 2)
check.equal(table.pack(tm.race { loser, late, loser }), table.pack("late", nil, 3))
check.equal(closed, 4)
check.equal(check.raises(function() tm.race { loser, failing, late } end), "failed")
-- Those that had ended win; of several the first in the list.
local ended = { tm.spawn(function() return "a" end), tm.spawn(function() return "b" end) }
for _, task in ipairs(ended) do task:await() end
check.equal({ tm.race { loser, ended[2], ended[1] }, tm.any { loser, ended[1] } }, { "b", "a" })
-- Tasks that were given are cancelled as well.
local given = tm.spawn(tm.sleep, 60)
tm.yield()
check.equal(tm.race { given, late }, "late")
check.equal(given:status(), "cancelled")

-- None succeeds: all the errors, in the order of their ends.
local both_ended = tm.latch(2)
local err = check.raises(function()
  tm.any {
    function() both_ended:wait() error("second", 0) end,
    function() both_ended:done() failing() end,
    function() both_ended:done() tm.current():cancel() tm.yield() end,
  }
end)
check.equal({ err.kind, err.errors.n, err.errors[1], err.errors[3], err:find "cancelled".kind },
  { "group", 3, "failed", "second", "cancelled" })
check.raises(function() tm.any {} end, "at least one")
check.raises(function() tm.race {} end, "at least one")
-- One that swallows the cancellation does not hold up the result for longer than it takes to end.
check.equal(tm.race { function() pcall(tm.sleep, 60) return "swallowed" end, late }, "late")
