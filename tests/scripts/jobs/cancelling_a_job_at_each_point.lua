local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

-- C076: cancel is true for what has not ended, false for what has; a queued job never starts, a running
-- one is stopped at its next blocking call or interrupted.
local never, held = tm.channel(), tm.mutex()
tm.background(function() local _ <close> = held:lock() tm.sleep(1000) end)  -- not who waits for the jobs
tm.yield()
local here = tm.channel(math.huge)  -- says that the point is reached
local asked = tm.channel(math.huge)  -- says that the cancellation was asked for: cleanup may end
local function say() here:try_send(1) end

local points = {
  ["in a loop"] = function() say() while true do end end,
  asleep = function() say() require "tidemill".sleep(1000) end,
  ["in a channel"] = function() say() never:recv() end,
  ["in a lock"] = function() say() held:lock() end,
  ["awaiting a child"] = function()
    local tm = require "tidemill"
    local child = tm.spawn(tm.sleep, 1000)
    say()
    child:await()
  end,
  ["with children left"] = function()
    local tm = require "tidemill"
    tm.spawn(function() say() tm.sleep(1000) end)
  end,
  ["in cleanup"] = function()
    local tm = require "tidemill"
    local _ <close> = setmetatable({}, { __close = function()
      tm.shield(function() say() asked:recv() end)
    end })
    tm.sleep(0)
  end,
  ["rebuilding an argument"] = {
    print,
    setmetatable({}, { __transfer = function()
      return function() say() while true do end end
    end }),
  },
  ["packing a result"] = function()
    return setmetatable({}, { __transfer = function() say() while true do end end })
  end,
}

for _, kind in ipairs(ways.kinds) do
  for _, options in ipairs { {}, { timeout = 1000 }, { retries = 3 }, { name = "plain" } } do
    for _, queue in ipairs { math.huge, 1 } do
      local pool <close> = tm.pool { kind = kind, workers = 2, queue = queue }
      for name, point in pairs(points) do
        local spec = type(point) == "table" and table.pack(table.unpack(point)) or { point }
        for key, value in pairs(options) do spec[key] = value end
        local job = pool:job(spec)
        -- An inline job that computes lets nobody run meanwhile: it is cancelled by another worker.
        if kind == "thread" or not (name:find "loop" or name:find "ing a") then
          here:recv()
          check.equal(job:cancel "stop", true, name)
          if name == "in cleanup" then asked:send(1) end
          local ok, err = job:join()
          if name ~= "in cleanup" then
            check.equal({ ok, err.kind, err.reason }, { false, "cancelled", "stop" }, name)
            check.equal(job:status(), "cancelled", name)
          end
        else
          job:cancel()
          check.equal(job:join(), false, name)
        end
        check.equal(job:cancel(), false, name)
      end
      -- Queued: it never starts.
      local ran, gate = tm.atomic(), tm.event()
      local blockers = {}
      for i = 1, queue == 1 and 0 or 2 do
        blockers[i] = pool:submit(function() gate:wait() end)
      end
      local queued = pool:job { function() ran:add() end }
      local cancelled = queued:cancel()
      gate:set()
      for i = 1, #blockers do blockers[i]:await() end
      local ok, err = queued:join()
      if ran:get() == 0 then check.equal({ cancelled, ok, err.kind }, { true, false, "cancelled" }) end
      ways.check_usable(pool)
    end
  end
end

-- Waiting for a place: the submitter is cancelled, and no job comes of it.
for _, kind in ipairs(ways.kinds) do
  local pool <close> = tm.pool { kind = kind, workers = 1, queue = 1 }
  local gate, ran = tm.event(), tm.atomic()
  local function block() while not gate:is_set() do end end
  if kind == "thread" then
    local first = pool:submit(block)
    while first:status() == "queued" do tm.yield() end
    local second = pool:submit(block)
    local submitter = tm.spawn(function() pool:job { function() ran:add() end, retries = 2, name = "third" } end)
    tm.yield()
    check.truthy(tm.why(submitter):find "a place in the queue", tm.why(submitter))
    check.equal(submitter:cancel(), true)
    check.equal(submitter:join(), false)
    gate:set()
    second:await()
  end
  check.equal(ran:get(), 0)
  ways.check_usable(pool)
end
