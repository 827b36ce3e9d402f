-- stderr~ goes on although it was cancelled, and is killed
-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local function loop() while true do end end
local function raiser() error "from a pcall" end
local loops = {
  plain = loop,
  ["in a pcall loop"] = function() while true do pcall(loop) end end,
  ["in nested pcall loops"] = function() while true do pcall(pcall, function() while true do pcall(loop) end end) end end,
  ["of pcalls that fail"] = function() while true do pcall(raiser) end end,
  ["in a message handler"] = function() while true do xpcall(raiser, loop) end end,
  ["in a coroutine"] = function() local co = coroutine.wrap(function() while true do pcall(loop) end end) while true do pcall(co) end end,
  ["in a sort"] = function() table.sort({ 3, 2, 1 }, loop) end,
  ["in a metamethod"] = function() return setmetatable({}, { __index = loop }).x end,
  ["in cleanup"] = function() local _ <close> = setmetatable({}, { __close = loop }) end,
}
local pool <close> = tm.pool { workers = 2 }
for name, body in pairs(loops) do
  -- By a deadline of its own worker, which the loop keeps from looking at its timers.
  local closed = false
  local err = check.raises(function()
    tm.timeout(0.02, function()
      local _ <close> = setmetatable({}, { __close = function() closed = true end })
      body()
    end)
  end, nil, name)
  check.equal({ err.kind, closed }, { "timeout", true }, name)
  -- By a cancellation from another thread.
  local started = tm.channel(1)
  local job = pool:submit(function() started:send(1) body() end)
  started:recv()
  check.equal(job:cancel(), true)
  check.equal({ job:join() }, { false, select(2, job:join()) })
  check.equal(job:status(), "cancelled", name)
end
check.equal(pool:submit(function() return "usable" end):await(), "usable")

-- One that cancels itself, and one that has caught its cancellation and then loops.
local own = tm.spawn(function() tm.current():cancel() loop() end)
check.equal({ (own:join()), own:status() }, { false, "cancelled" })
local deaf = tm.spawn(function() pcall(tm.sleep, 60) loop() end)
tm.yield()
deaf:cancel()
check.equal({ (deaf:join()), deaf:status() }, { false, "cancelled" })

-- The rest of the task goes on.
local ok, err = pcall(tm.timeout, 0.02, loop)
check.equal({ ok, err.kind, tm.timeout(60, function() tm.yield() return "on" end) }, { false, "timeout", "on" })
