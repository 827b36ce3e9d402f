-- What the SIGQUIT spec runs: it goes on once its tasks have been printed, which it hears from the
-- spec by the end of its file build/ready.PID.
local tm = require "tidemill"

local answers = tm.channel(0, "answers")
local ready = "build/ready." .. tm.fs.read("/proc/self/stat"):match "^%d+"
tm.background(function() tm.sleep(1000) end)
tm.background(function()
  tm.fs.write(ready, "")
  while tm.fs.stat(ready) do tm.sleep(0.01) end
  answers:send("went on")
end)
print((answers:recv()))
