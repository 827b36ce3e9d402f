-- Each of these makes the root wait for something that only comes later, from where no task runs
-- that could be seen to bring it.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local function receive(start)
  local channel = tm.channel()
  start(channel)
  return channel:recv()
end

check.equal(receive(function(channel)
  tm.spawn(function() tm.sleep(0.05) channel:send("slept") end)
end), "slept")
check.equal(receive(function(channel)
  pool:submit(function() tm.sleep(0.05) channel:send("slept elsewhere") end)
end), "slept elsewhere")
check.equal(receive(function(channel)
  pool:submit(function()
    local stop, sum = tm.now() + 0.05, 0
    while tm.now() < stop do sum = sum + 1 end
    channel:send("computed")
  end)
end), "computed")
check.equal(receive(function(channel)
  pool:submit(function() channel:send(#tm.fs.read("README.md") > 0) end)
end), true)
check.equal(receive(function(channel)
  tm.spawn(function() for line in tm.fs.lines("README.md") do channel:send(line) break end end)
end), "# Tidemill")
check.equal(type(tm.after(0.02):recv()), "number")
local ticks = tm.every(0.01)
for _ = 1, 3 do check.equal(type(ticks:recv()), "number") end
ticks:close()

local event, timed = tm.event(), nil
local waiter = tm.spawn(function() timed = event:wait(0.05) end)
waiter:await()
check.equal(timed, false)

-- Handed to and fro between two workers: at every moment nearly all wait.
local there, back = tm.channel(), tm.channel()
pool:submit(function() for i in there do back:send(i) end end)
for i = 1, 2000 do
  there:send(i)
  assert(back:recv() == i)
end
there:close()
