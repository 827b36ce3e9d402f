-- repeat: 2
-- Fifty tasks on several workers, some of which block, some poll, some time out and try again, conserve
-- the items.
local tm, check = require "tidemill", require "_helper"

local producers, consumers = 25, 25
local per_producer = check.times(400, 60)

local function produce(q, mode, first)
  for i = first, first + per_producer - 1 do
    if mode == "block" then
      q:put(i)
    elseif mode == "poll" then
      while not q:try_put(i) do tm.yield() end
    else
      while not q:put_timeout(0.0005, i) do end
    end
  end
end

local function consume(q, mode)
  local got = {}
  while true do
    local item, why
    if mode == "block" then
      item, why = q:get()
    elseif mode == "poll" then
      item, why = q:try_get()
    else
      item, why = q:get(0.0005)
    end
    if item then
      got[#got + 1] = item
      q:task_done()
    elseif why == "closed" then
      return got
    elseif mode == "poll" then
      tm.yield()
    end
  end
end

local modes = { "block", "poll", "timed" }
local pool <close> = tm.pool { workers = 3 }
for _, order in ipairs { "fifo", "lifo", "priority" } do
  for _, capacity in ipairs { 1, 7 } do
    local q, sending, receiving = tm.queue { capacity = capacity, order = order }, {}, {}
    for i = 1, consumers do
      local mode = modes[i % 3 + 1]
      receiving[i] = i <= 3 and tm.spawn(consume, q, mode) or pool:submit(consume, q, mode)
    end
    for i = 1, producers do
      local mode, first = modes[i % 3 + 1], (i - 1) * per_producer + 1
      sending[i] = i <= 3 and tm.spawn(produce, q, mode, first) or pool:submit(produce, q, mode, first)
    end
    for _, task in ipairs(sending) do task:await() end
    check.equal(q:join(), true)
    q:shutdown()
    local seen, total = {}, 0
    for _, task in ipairs(receiving) do
      for _, item in ipairs(task:await()) do
        check.truthy(not seen[item], "got twice")
        seen[item], total = true, total + 1
      end
    end
    check.equal(total, producers * per_producer)
    local stats = q:stats()
    check.equal({ stats.put, stats.got, stats.length, stats.unfinished }, { total, total, 0, 0 })
    check.truthy(stats.peak <= capacity)
    check.equal({ stats.putters_waiting, stats.getters_waiting, stats.joiners_waiting }, { 0, 0, 0 })
  end
end
