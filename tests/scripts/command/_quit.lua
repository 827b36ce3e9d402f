-- What the SIGQUIT spec runs: it goes on once its tasks have been printed.
local tm = require "tidemill"

local answers = tm.channel(0, "answers")
tm.background(function()
  local pid = tm.fs.read("/proc/self/stat"):match "^%d+"
  tm.fs.write("build/ready." .. pid, "")
  for _ in tm.every(0.05) do end
end)
tm.spawn(function()
  tm.sleep(0.5)
  answers:send("went on")
end)
print((answers:recv()))
