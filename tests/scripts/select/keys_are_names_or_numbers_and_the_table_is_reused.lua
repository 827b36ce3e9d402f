local tm, check = require "tidemill", require "_helper"

local a, b, c, d = tm.channel(1), tm.channel(1), tm.channel(1), tm.channel(1)
local message = { text = "first" }
local cases = { a, b, name = c, [-7] = d, out = tm.channel(3):sending(message, nil, 3) }
local copy = {}
for key, case in pairs(cases) do copy[key] = case end
for key, ch in pairs { a, b, name = c, [-7] = d } do
  local one = { [key] = ch, never = tm.channel() }
  ch:send(key, nil)
  check.equal(table.pack(tm.select(one)), table.pack(key, key, nil))
  local waiting = tm.spawn(tm.select, one)
  tm.yield()
  ch:send(key)
  check.equal(table.pack(waiting:await()), table.pack(key, key))
end
check.equal({ tm.select(cases) }, { "out", true })
message.text = "second"  -- what is sent is what the table holds then
check.equal({ tm.select(cases) }, { "out", true })
for key, case in pairs(cases) do check.truthy(copy[key] == case) end
for key in pairs(copy) do check.truthy(cases[key]) end

-- Changing it while a select waits changes nothing for that one.
local reused = { a }
local waiting = tm.spawn(tm.select, reused)
tm.yield()
reused[1], a, copy, cases = nil, nil, nil, nil
collectgarbage()
waiting:cancel()

-- The values of a sending are packed when select runs.
local ch = tm.channel(2)
local list = { 1 }
local send = ch:sending(list, nil, "x", nil)
tm.select { send }
list[1] = 2
tm.select { send }
local first, second = table.pack(ch:recv()), table.pack(ch:recv())
check.equal({ first[1][1], first.n, second[1][1], second.n }, { 1, 4, 2, 4 })
check.truthy(tostring(send):find "^sending on channel 0/2 open")
