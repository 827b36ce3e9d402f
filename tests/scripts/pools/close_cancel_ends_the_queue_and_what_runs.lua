-- repeat: 5
local tm, check = require "tidemill", require "_helper"

for _, order in ipairs { "fifo", "priority" } do
  local pool = tm.pool { workers = 2, order = order, name = "images" }
  local entered, gate, mutex, cleaned = tm.channel(math.huge), tm.channel(), tm.mutex(), tm.atomic()
  local owner = mutex:lock()
  local running = {
    pool:submit(function() entered:send(1) gate:recv() end),
    pool:submit(function() entered:send(1) mutex:lock() end),
    pool:submit(function() entered:send(1) tm.sleep(60) end),
    pool:submit(function()                          -- with children
      local _ <close> = setmetatable({}, { __close = function() cleaned:add(1) end })
      pool:submit(function() entered:send(1) tm.sleep(60) end)
      tm.spawn(function() tm.sleep(60) end)
      entered:send(1)
      tm.sleep(60)
    end),
    pool:submit(function() entered:send(1) while true do end end),  -- a loop
  }
  for _ = 1, 6 do entered:recv() end
  pool:submit(function() entered:send(1) while true do end end)     -- now both workers are held
  entered:recv()
  local queued = {}
  for i = 1, 10 do queued[i] = pool:submit(function() cleaned:add(100) end) end
  pool:close { cancel = true }
  for _, job in ipairs(running) do
    local ok, err = job:join()
    check.equal({ ok, err.kind, err.reason }, { false, "cancelled", 'pool "images" was closed' })
  end
  for _, job in ipairs(queued) do check.equal(job:status(), "cancelled") end
  check.equal(cleaned:get(), 1)
  check.equal(pool:stats().open, 0)
  check.equal(pool:stats().cancelled, 17)
  check.raises(function() pool:submit(print) end, "closed")
  pool:close { cancel = true }
  pool:close()
  mutex:unlock()
end
