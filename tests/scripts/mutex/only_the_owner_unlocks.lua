local tm, check = require "tidemill", require "_helper"

for _, recursive in ipairs { false, true } do
  local m = tm.mutex { recursive = recursive, name = "door" }
  check.raises(function() m:unlock() end, "only_the_owner_unlocks.lua:%d+:.*door")
  m:lock()
  local pool <close> = tm.pool { workers = 1 }
  check.raises(function() tm.spawn(function() m:unlock() end):await() end, "door")
  check.raises(function() pool:submit(function() m:unlock() end):await() end, "door")
  check.equal(m:locked(), true)
  m:unlock()
  check.raises(function() m:unlock() end, "door")
end
