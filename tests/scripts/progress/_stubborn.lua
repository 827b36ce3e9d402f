local tm = require "tidemill"
local bar <close> = tm.progress(10, "stubborn")
tm.fs.read "/proc/self/stat"
local pid = assert(tm.fs.read "/proc/self/stat"):match "^%d+"
local function interrupt() os.execute("kill -TERM " .. pid) end
tm.spawn(function()
  pcall(tm.sleep, 10)
  interrupt()
  tm.shield(function() tm.sleep(10) end)
end)
tm.yield()
interrupt()
tm.sleep(10)
