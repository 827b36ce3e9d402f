-- In a sort comparator, a gsub callback, __tostring, __gc, a message handler and stock require.
local tm, check = require "tidemill", require "_helper"

local ch, held, other = tm.channel(), tm.mutex(), tm.spawn(tm.sleep, 60)
tm.spawn(function() local _ <close> = held:lock() tm.sleep(60) end)
tm.yield()
local pool = tm.pool { workers = 1 }
local queue, full = tm.queue(), tm.queue { capacity = 1 }
full:put(1)
local near, far = tm.pipe()
local calls = {
  sleep = function() tm.sleep(0.001) end, yield = function() tm.yield() end, recv = function() ch:recv() end,
  recv_timed = function() ch:recv(1) end, iterate = function() for _ in ch do end end,
  send = function() ch:send(1) end, send_timeout = function() ch:send_timeout(1, 1) end,
  lock = function() held:lock() end, try_lock = function() held:try_lock(1) end,
  with = function() held:with(print) end, await = function() other:await() end,
  join = function() other:join(1) end, read = function() tm.fs.read "/proc/self/stat" end,
  stat = function() tm.fs.stat "/" end, lines = function() tm.fs.lines "/proc/self/stat" end,
  write = function() tm.fs.write("/dev/null", "") end, walk = function() tm.fs.walk("/proc/self/fdinfo")() end,
  submit = function() pool:submit(print) end, select = function() tm.select { ch, ch:sending(1), other } end,
  put = function() full:put(2) end, put_timeout = function() full:put_timeout(1, 2) end,
  get = function() queue:get() end, queue_join = function() full:join() end,
  pipe_send = function() near:send(1) end, pipe_recv = function() near:recv() end,
  pipe_poll = function() near:poll(1) end, pipe_loop = function() for _ in near do end end,
  select_timed = function() tm.select({ ch, name = other }, 1) end,
}
local function in_gc(call)
  local result
  setmetatable({}, { __gc = function() result = table.pack(pcall(call)) end })
  collectgarbage()
  assert(result, "the finaliser ran")
  if not result[1] then error(result[2], 0) end
end
local places = {
  sort = function(call) table.sort({ 2, 1 }, function() call() return true end) end,
  gsub = function(call) ("a"):gsub("a", function() call() end) end,
  tostring = function(call) tostring(setmetatable({}, { __tostring = function() call() return "" end })) end,
  handler = function(call)
    local caught
    xpcall(error, function() caught = table.pack(pcall(call)) end)
    if not caught[1] then error(caught[2], 0) end
  end,
  require = function(call)
    package.preload.waits_while_loading = call
    local ok, err = pcall(require, "waits_while_loading")
    package.loaded.waits_while_loading = nil
    if not ok then error(err, 0) end
  end,
  gc = in_gc,
  sort_in_coroutine = function(call)
    local ok, err = coroutine.resume(coroutine.create(function() table.sort({ 2, 1 }, function() call() return true end) end))
    if not ok then error(err, 0) end
  end,
  coroutine_in_sort = function(call)
    table.sort({ 2, 1 }, function() coroutine.wrap(call)() return true end)
  end,
}
for place, enter in pairs(places) do
  for name, call in pairs(calls) do
    check.raises(function() enter(call) end, "cannot wait here", name .. " in " .. place)
  end
end
check.equal({ ch:stats().receivers_waiting, ch:stats().senders_waiting }, { 0, 0 })
check.truthy(tostring(held):find "0 waiting")
check.equal({ tostring(queue), tostring(full) }, { "queue 0/unbounded open", "queue 1/1 open" })
check.equal(tostring(far), "pipe end 0/64 in, 0/64 out, open")
check.equal(tm.spawn(function() tm.sleep(0.001) return "consistent" end):await(), "consistent")
pool:close()

os.exit(0)  -- leaves the sleepers
