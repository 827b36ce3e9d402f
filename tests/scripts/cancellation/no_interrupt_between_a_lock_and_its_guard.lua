-- A loop that makes engine calls is never interrupted but in them.
local tm, check = require "tidemill", require "_helper"

local mutex = tm.mutex()
for _ = 1, check.times(40, 10) do
  check.raises(function()
    tm.timeout(0.005, function()
      while true do
        local lock <close> = mutex:lock()
        for _ = 1, 10 do end
      end
    end)
  end, "not done after")
  check.equal(mutex:locked(), false)
end
