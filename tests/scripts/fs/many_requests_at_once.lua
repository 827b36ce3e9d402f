-- repeat: 3
-- File requests of many tasks and jobs run side by side, and none is lost by a cancel.
local tm, check = require "tidemill", require "_helper"

local path = os.tmpname()
tm.fs.write(path, ("x"):rep(10000))
local pool <close> = tm.pool { workers = 2 }
local tasks = {}
for i = 1, 60 do
  local function read() return #tm.fs.read(path) + tm.fs.stat(path).size end
  tasks[i] = i % 2 == 0 and pool:submit(read) or tm.spawn(read)
end
tm.yield()
for i = 1, 60, 4 do tasks[i]:cancel() tasks[i + 1]:cancel() end
for i = 1, 60 do
  local ok, result = tasks[i]:join(1000)
  check.truthy(ok and result == 20000 or not ok and result.kind == "cancelled")
  if i % 4 > 2 or i % 4 == 0 then check.equal(ok, true) end
end
os.remove(path)
