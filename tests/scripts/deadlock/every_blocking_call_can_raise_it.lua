-- shell: names=$($TIDEMILL "$SPEC" names) && for name in $names; do $TIDEMILL "$SPEC" $name bare 2>/dev/null; code=$?; text=$($TIDEMILL "$SPEC" $name caught 2>&1) && [ $code = 3 ] || echo "$name: $code $text"; done
-- stdout~ ^$
-- For each: a main task that does only this gets the error, exits with 3, and if it catches the error
-- it goes on. (Not among them is pool:submit: a job that waits leaves the queue, so a queue that stays
-- full has a worker that runs.)
local tm, check = require "tidemill", require "_helper"

--- What keeps `object` from the main task for ever.
local function hold(object, method)
  local never = tm.channel()
  tm.background(function()
    object[method](object)
    never:recv()
  end)
  tm.yield()
  return object
end
local function wait_for_ever() tm.channel():recv() end

local calls = {
  recv = function() tm.channel():recv() end,
  loop = function() for _ in tm.channel() do end end,
  send = function() tm.channel():send(1) end,
  send_full = function()
    local ch = tm.channel(1)
    ch:send(1)
    ch:send(2)
  end,
  put = function()
    local queue = tm.queue { capacity = 1 }
    queue:put(1)
    queue:put(2)
  end,
  get = function() tm.queue():get() end,
  queue_loop = function() for _ in tm.queue() do end end,
  queue_join = function()
    local queue = tm.queue()
    queue:put(1)
    queue:join()
  end,
  pipe_send = function()
    local mine, other <close> = tm.pipe { capacity = 1 }
    mine:send(1)
    mine:send(2)
  end,
  pipe_recv = function()
    local mine, other <close> = tm.pipe()
    mine:recv()
  end,
  pipe_poll = function()
    local mine, other <close> = tm.pipe()
    mine:poll(math.huge)
  end,
  mutex = function() hold(tm.mutex(), "lock"):lock() end,
  mutex_try = function() hold(tm.mutex(), "lock"):try_lock(math.huge) end,
  mutex_with = function() hold(tm.mutex(), "lock"):with(print) end,
  read = function() hold(tm.rwlock(), "write"):read() end,
  write = function() hold(tm.rwlock(), "read"):write() end,
  semaphore = function() tm.semaphore(0):acquire() end,
  condition = function()
    local c = tm.condition()
    local _ <close> = c:lock()
    c:wait()
  end,
  condition_for = function()
    local c = tm.condition()
    local _ <close> = c:lock()
    c:wait_for(function() return false end)
  end,
  event = function() tm.event():wait() end,
  barrier = function() tm.barrier(2):wait() end,
  latch = function() tm.latch(1):wait() end,
  once = function()
    local once = tm.once()
    tm.background(once.call, once, wait_for_ever)
    tm.yield()
    once:call(print)
  end,
  limiter = function() hold(tm.limiter(1), "acquire"):acquire() end,
  select = function() tm.select { tm.channel(), tm.event(), tm.channel():sending(1), tm.queue() } end,
  await = function() tm.background(wait_for_ever):await() end,
  join = function() tm.background(wait_for_ever):join() end,
  await_job = function() tm.pool { workers = 1 }:submit(wait_for_ever):await() end,
  future = function() tm.future():await() end,
  close = function()
    local pool = tm.pool { workers = 1 }
    pool:submit(wait_for_ever)
    pool:close()
  end,
  scope = function() tm.scope(function(scope) scope:spawn(wait_for_ever) end) end,
  shield = function() tm.shield(wait_for_ever) end,
  all = function() tm.all { wait_for_ever, wait_for_ever } end,
  any = function() tm.any { wait_for_ever, wait_for_ever } end,
  race = function() tm.race { wait_for_ever, wait_for_ever } end,
  settle = function() tm.settle { wait_for_ever } end,
  gather = function() tm.gather(wait_for_ever, wait_for_ever) end,
  wait = function() tm.wait { wait_for_ever } end,
  as_completed = function() for _ in tm.as_completed { wait_for_ever } do end end,
  map = function() for _ in tm.map(wait_for_ever, 3) do end end,
}

local name, how = ...
if name == "names" then
  for each in pairs(calls) do print(each) end
elseif how == "bare" then
  calls[name]()
else
  local ok, err = pcall(calls[name])
  check.equal(ok, false)
  err = check.truthy(err:find "deadlock", tostring(err))  -- of a scope it is a group
  check.truthy(tostring(err):find "nothing is left that could wake any of these tasks\ntask #1 waits",
    tostring(err))
  check.equal(tm.spawn(function() return "on" end):await(), "on")
  os.exit(true, true)
end
