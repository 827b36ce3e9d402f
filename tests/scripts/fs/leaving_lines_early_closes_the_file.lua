local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
tm.fs.write(path, ("line\n"):rep(100000))
local function open_files()
  local count = 0
  for _ in tm.fs.walk "/proc/self/fd" do count = count + 1 end
  return count
end
for _ in tm.fs.lines(path) do break end
local before = open_files()
for _ = 1, 50 do
  for _ in tm.fs.lines(path) do break end
  pcall(function() for _ in tm.fs.lines(path) do error "out" end end)
end
for _ = 1, 20 do
  local task = tm.spawn(function() for _ in tm.fs.lines(path) do tm.sleep(60) end end)
  tm.sleep(0.001)
  task:cancel()
  task:join()
end
local reader = tm.fs.lines(path)
check.equal(reader(), "line")
while open_files() > before + 1 do tm.sleep(0.001) end  -- they are closed behind our back
os.remove(path)
