-- only: release debug asan
-- (the thread sanitizer keeps several times as much beside what is used)
-- What C++ holds behind a few words of Lua counts for the collector, whichever way it works.
local tm, check = require "tidemill", require "_helper"

local function resident()  -- MiB
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^VmRSS:%s+(%d+)")
    if kib then return kib / 1024 end
  end
end

local function peak(times, step, use)
  collectgarbage()
  local before, most = resident(), 0
  for i = 1, times do
    use(i)
    if i % step == 0 then most = math.max(most, resident() - before) end
  end
  return most
end

-- With a heap of its own, so that userdata alone would bring about a collection only now and then.
local heap = {}
for i = 1, 200000 do heap[i] = { i } end
local times = check.times(200000, 20000)
local bound = check.times(150, 300)
check.truthy(peak(times, 1000, function() tm.dict() end) < bound, "dicts")
check.truthy(peak(times, 1000, function()
  local queue = tm.queue()
  queue:put(1)
  queue:get()
end) < bound, "queues")
check.truthy(peak(times, 1000, function()
  local near, far = tm.pipe()
  near:send(1)
  far:recv()
  far:send(1)
  near:recv()
end) < bound, "pipes")
check.truthy(peak(times, 1000, function()
  local channel = tm.channel(1)
  channel:send(1)
  channel:recv()
end) < bound, "channels")
heap = nil

-- In generational mode a step collects only what is young. These get old before they are dropped.
collectgarbage "generational"
local ring = {}
local megabytes, buffers = 4, check.times(200, 100)
check.truthy(peak(buffers, 1, function(i)
  ring[i % 8] = tm.buffer(megabytes << 20, "u8"):fill(1)
end) < megabytes * buffers / 2, "buffers")
collectgarbage "incremental"
ring = nil

-- Nor is what is made in finalisers, where nothing can be collected, forgotten.
check.truthy(peak(check.times(100, 60), 1, function()
  setmetatable({}, { __gc = function() tm.buffer(megabytes << 20, "u8"):fill(1) end })
  collectgarbage "step"
end) < megabytes * buffers / 2, "buffers made in finalisers")
