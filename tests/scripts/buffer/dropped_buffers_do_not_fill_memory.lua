-- A buffer is a few bytes to Lua's collector, which has to be told of the rest: in the state that makes
-- it and in every state that gets it.
local tm, check = require "tidemill", require "_helper"

local function resident()  -- MiB
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^VmRSS:%s+(%d+)")
    if kib then return kib / 1024 end
  end
end

local megabytes, times = 4, check.times(200, 100)
local function peak(use)
  local before, most = resident(), 0
  for _ = 1, times do
    use(tm.buffer(megabytes << 20, "u8"):fill(1))
    most = math.max(most, resident() - before)
  end
  return most
end

local pool <close> = tm.pool { workers = 2 }
local bound = megabytes * times / 4
check.truthy(peak(function() end) < bound)
check.truthy(peak(function(b) return b:slice(1, 10) end) < bound)
check.truthy(peak(function(b) pool:submit(function(copy) return copy[1] end, b):await() end) < bound)
check.truthy(peak(function(b) pool:submit(function(slice) return slice[1] end, b:slice(1, 9)):await() end) < bound)
check.truthy(peak(function(b) pool:submit(function() return b[1] end):await() end) < bound)
check.truthy(peak(function(b) pool:map(function(i) return b[i] end, 2):collect() end) < bound)
local channel = tm.channel(1)
check.truthy(peak(function(b) channel:send(b) channel:recv() end) < bound)

-- Untouched elements take no memory at all.
local before = resident()
local large = tm.buffer(256 << 20, "u8")
large[1], large[#large] = 1, 1
check.truthy(resident() - before < 64)
check.equal({ large[1], large[2], large[-1 + #large], large[#large] }, { 1, 0, 0, 1 })

-- Nor does it collect where the script has switched that off.
collectgarbage "stop"
local collected = false
setmetatable({}, { __gc = function() collected = true end })
for _ = 1, 3 do tm.buffer(megabytes << 20, "u8") end
check.truthy(not collected and not collectgarbage "isrunning")
collectgarbage "restart"
