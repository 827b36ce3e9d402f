-- What the Ctrl-C specs run; it says that it is ready by making build/ready.PID, and, if it goes on
-- after a signal, that it has heard it by making build/heard.PID.
local tm = require "tidemill"

local function guard(name)
  return setmetatable({}, { __close = function() print(name .. " cleaned up") end })
end
local pid = tm.fs.read("/proc/self/stat"):match "^%d+"
local function ready() tm.fs.write("build/ready." .. pid, "") end

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
  tm.spawn(function()
    pcall(tm.sleep, 1000)
    io.open("build/heard." .. pid, "w"):close()
  end)
  tm.shield(function()
    ready()
    tm.sleep(1000)
  end)
end
