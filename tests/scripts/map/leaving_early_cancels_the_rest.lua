local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local started = tm.channel(math.huge)
local function work(n)
  started:send(n)
  if n > 3 then tm.sleep(60) end
  return n
end
-- Jobs that were cancelled in the queue are off the count when a worker comes across them.
local function check_all_end()
  while pool:stats().open > 0 do tm.sleep(0.001) end
end
local before = tm.now()
for index in pool:map(work, math.maxinteger, { chunk = 1 }) do
  if index == 3 then break end
end
check.truthy(tm.now() - before < 10)
check_all_end()
local count = #started
check.equal(pool:submit(function() return "usable" end):await(), "usable")
check.equal(#started, count, "nothing starts afterwards")

check.raises(function()
  for _ in pool:map(work, 100, { chunk = 1 }) do error "in the loop" end
end, "in the loop")
check_all_end()
local task = tm.spawn(function()
  for _ in pool:map(work, 100, { chunk = 1, buffer = 5 }) do end
end)
while pool:stats().open < 2 do tm.sleep(0.001) end
task:cancel()
local ok, err = task:join(1000)
check.equal({ ok, err.kind }, { false, "cancelled" })
check_all_end()
