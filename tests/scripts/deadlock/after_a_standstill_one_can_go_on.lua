-- stdout: deadlock
-- stdout: and again: deadlock
-- stdout: value
local tm = require "tidemill"

local channel = tm.channel()
local ok, err = pcall(channel.recv, channel)
print(err.kind)
local task = tm.spawn(function() return channel:recv() end)
print("and again: " .. select(2, pcall(task.await, task)).kind)
channel:send("value")  -- the task still waits
print(task:await())
