-- repeat: 10
-- Putters and getters on other workers are cancelled while items flow: each item that was put is got
-- exactly once, and nobody is left waiting.
local tm, check = require "tidemill", require "_helper"

local function produce(q, put, first)
  for i = first, first + 99 do
    q:put(i)
    put:send(i)
  end
end
local function consume(q, got)
  for item in q do got:send(item) end
end

local pool <close> = tm.pool { workers = 3 }
for _, order in ipairs { "fifo", "priority" } do
  local q, put, got = tm.queue { capacity = 2, order = order }, tm.channel(math.huge), tm.channel(math.huge)
  local producers, consumers = {}, {}
  for i = 1, 8 do
    consumers[i] = pool:submit(consume, q, got)
    producers[i] = pool:submit(produce, q, put, i * 1000)
  end
  for i = 1, 5 do
    consumers[i]:cancel()
    producers[i]:cancel()
    tm.yield()
  end
  for _, producer in ipairs(producers) do producer:join() end
  q:shutdown()
  for _, consumer in ipairs(consumers) do consumer:join() end
  -- Between a call and the note of it a cancel may come: once for each that was cancelled.
  local stats = q:stats()
  check.equal({ stats.put, stats.length, stats.getters_waiting, stats.putters_waiting },
    { stats.got, 0, 0, 0 })
  check.truthy(stats.put - #put >= 0 and stats.put - #put <= 5, stats.put .. " put, noted " .. #put)
  check.truthy(stats.got - #got >= 0 and stats.got - #got <= 5, stats.got .. " got, noted " .. #got)
  local seen = {}
  while #got > 0 do
    local item = got:recv()
    check.truthy(not seen[item], "got twice")
    seen[item] = true
  end
end
