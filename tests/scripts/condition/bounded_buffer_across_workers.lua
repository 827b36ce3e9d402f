-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
local m = tm.mutex()
local not_full, not_empty = tm.condition(m), tm.condition(m)
local store = tm.channel(2)  -- never waited for: the conditions see to that
local function put(n)
  for i = 1, n do
    local _ <close> = m:lock()
    not_full:wait_for(function() return #store < 2 end)
    check.truthy(store:try_send(i))
    not_empty:notify()
  end
end
local function get(n)
  local sum = 0
  for _ = 1, n do
    local _ <close> = m:lock()
    not_empty:wait_for(function() return #store > 0 end)
    sum = sum + store:try_recv()
    not_full:notify()
  end
  return sum
end
local jobs = { pool:submit(put, 200), pool:submit(put, 200), tm.spawn(put, 200) }
local takers = { pool:submit(get, 200), pool:submit(get, 200), tm.spawn(get, 200) }
local sum = 0
for i = 1, 3 do
  jobs[i]:await()
  sum = sum + takers[i]:await()
end
check.equal(sum, 3 * 200 * 201 // 2)
check.equal({ m:locked(), tostring(not_full), tostring(not_empty) },
  { false, "condition 0 waiting", "condition 0 waiting" })
