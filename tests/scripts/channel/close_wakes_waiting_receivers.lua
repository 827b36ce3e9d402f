local tm, check = require "tidemill", require "_helper"

local ch, ended = tm.channel(), tm.channel(10)
local waiting = {
  tm.spawn(function() return ch:recv() end),
  tm.spawn(function() return ch:recv(60) end),
  tm.spawn(function() for _ in ch do error "no value was sent" end ended:send "loop" end),
}
local pool <close> = tm.pool { workers = 1 }
waiting[4] = pool:submit(function() return ch:recv() end)
while ch:stats().receivers_waiting < 4 do tm.sleep(0.001) end
ch:close()
check.equal({ waiting[1]:await() }, { nil, "closed" })
check.equal({ waiting[2]:await() }, { nil, "closed" })
waiting[3]:await()
check.equal(ended:try_recv(), "loop")
check.equal({ waiting[4]:await() }, { nil, "closed" })
