-- What the Ctrl-C specs run; it says that it is ready by making build/ready.PID.
local tm = require "tidemill"

local function guard(name)
  return setmetatable({}, { __close = function() print(name .. " cleaned up") end })
end
local function ready()
  local pid = tm.fs.read("/proc/self/stat"):match "^%d+"
  tm.fs.write("build/ready." .. pid, "")
end

local _ <close> = guard "main"
if arg[1] == "wait" then
  local started = tm.channel()
  local function wait(name)
    local _ <close> = guard(name)
    started:send(name)
    tm.sleep(60)
  end
  tm.spawn(wait, "task")
  tm.pool { workers = 1 }:submit(wait, "job")
  started:recv()
  started:recv()
  ready()
  tm.sleep(60)
elseif arg[1] == "loop" then
  ready()
  while true do end
else
  ready()
  tm.shield(function() tm.sleep(60) end)
end
