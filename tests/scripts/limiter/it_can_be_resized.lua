local tm, check = require "tidemill", require "_helper"

local l, inside, go = tm.limiter(3), {}, {}
for i = 1, 6 do
  go[i] = tm.event()
  tm.spawn(function()
    local _ <close> = l:acquire()
    inside[i] = true
    go[i]:wait()
    inside[i] = nil
  end)
end
local function present()
  for _ = 1, 4 do tm.yield() end
  local list = {}
  for i = 1, 6 do if inside[i] then list[#list + 1] = i end end
  return table.concat(list, " ")
end
check.equal(present(), "1 2 3")
l:resize(1)
check.equal({ l:borrowed(), l:total() }, { 3, 1 })
go[1]:set()
go[2]:set()
check.equal({ present(), l:try_acquire() }, { "3", false })  -- nobody until enough came back
go[3]:set()
check.equal(present(), "4")
l:resize(3)
check.equal(present(), "4 5 6")
l:resize(0)
for i = 4, 6 do go[i]:set() end
check.equal({ present(), l:try_acquire() }, { "", false })
l:resize(1)
check.equal(l:try_acquire(), true)
l:release()
