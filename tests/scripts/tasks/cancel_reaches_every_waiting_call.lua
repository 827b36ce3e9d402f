local tm, check = require "tidemill", require "_helper"

local held, ch, full, other = tm.mutex(), tm.channel(), tm.channel(1), tm.spawn(tm.sleep, 60)
held:lock()
full:send(1)
local permits, set, count, rw = tm.semaphore(0), tm.event(), tm.latch(1), tm.rwlock()
local tokens, barrier, changed, once = tm.limiter(0), tm.barrier(2), tm.condition(), tm.once()
local queue, full_queue = tm.queue(), tm.queue { capacity = 1 }
local pipe_end, far_end = tm.pipe { capacity = 1 }
full_queue:put(1)
pipe_end:send(1)
rw:write()
tm.spawn(function() once:call(set.wait, set) end)
local pool <close> = tm.pool { workers = 1, queue = 1 }
local waits = {
  sleep = function() tm.sleep(60) end,
  recv = function() ch:recv() end,
  recv_timed = function() ch:recv(60) end,
  iterate = function() for _ in ch do end end,
  send = function() full:send(2) end,
  send_timeout = function() full:send_timeout(60, 2) end,
  select = function() tm.select { ch, full:sending(2) } end,
  select_timed = function() tm.select({ ch, full:sending(2) }, 60) end,
  put = function() full_queue:put(2) end,
  put_timeout = function() full_queue:put_timeout(60, 2) end,
  get = function() queue:get() end,
  get_timed = function() queue:get(60) end,
  queue_loop = function() for _ in queue do end end,
  queue_join = function() full_queue:join() end,
  pipe_send = function() pipe_end:send(2) end,
  pipe_recv = function() pipe_end:recv(60) end,
  pipe_poll = function() pipe_end:poll(60) end,
  lock = function() held:lock() end,
  try_lock = function() held:try_lock(60) end,
  with = function() held:with(print) end,
  acquire = function() permits:acquire() end,
  try_acquire = function() permits:try_acquire(60) end,
  token = function() tokens:acquire() end,
  read = function() rw:read() end,
  write = function() rw:write() end,
  try_write = function() rw:try_write(60) end,
  event = function() set:wait() end,
  latch = function() count:wait(60) end,
  barrier = function() barrier:wait() end,
  condition = function()
    local _ <close> = changed:lock()
    changed:wait()
  end,
  wait_for = function()
    local _ <close> = changed:lock()
    changed:wait_for(function() return false end, 60)
  end,
  once = function() once:call(print) end,
  await = function() other:await() end,
  join = function() other:join(60) end,
}
for name, wait in pairs(waits) do
  for _, where in ipairs { "here", "pool" } do
    if where == "here" or (name ~= "await" and name ~= "join") then
      local task = where == "here" and tm.spawn(wait) or pool:submit(wait)
      if where == "here" then tm.yield() else tm.sleep(0.003) end
      check.equal(task:cancel(), true, name)
      local ok, err = task:join(1000)
      check.equal({ ok, err.kind, task:status() }, { false, "cancelled", "cancelled" }, name .. " " .. where)
      check.equal(task:cancel(), false)
    end
  end
end
check.equal(other:status(), "waiting")  -- cancelling who awaits does not cancel what is awaited
other:cancel()
for _, object in ipairs { permits, rw, tokens, set, count, barrier, changed } do
  local text = tostring(object)
  check.truthy(text:find " 0 waiting" or text:find "0/2 waiting" or text:find "1 waiting" and object == set, text)
end
set:set()
check.equal({ changed:locked(), tokens:borrowed(), permits:value() }, { false, 0, 0 })
check.equal(ch:stats().receivers_waiting + full:stats().senders_waiting, 0)
local stats = full_queue:stats()
check.equal(queue:stats().getters_waiting + stats.putters_waiting + stats.joiners_waiting, 0)
check.equal({ tostring(queue), tostring(full_queue) }, { "queue 0/unbounded open", "queue 1/1 open" })
check.equal({ tostring(pipe_end), tostring(far_end) },
  { "pipe end 0/1 in, 1/1 out, open", "pipe end 1/1 in, 0/1 out, open" })
