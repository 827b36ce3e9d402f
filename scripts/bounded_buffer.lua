-- A bounded buffer made by hand: a ring in a table, a mutex around it, a condition for each reason to wait.
--
-- usage: bounded_buffer.lua [ITEMS [PRODUCERS [CONSUMERS]]]     (default 20000 each of 3, and 2)
--
-- The tasks of one Lua state share its tables, so the ring is an ordinary table. Jobs of a pool could
-- not share it: each works in a state of its own, and what they pass is copied. There, and mostly here
-- too, one takes a channel, which is such a buffer; this shows what is inside.

local tm = require "tidemill"

local capacity = 8

-- The buffer -----------------------------------------------------------------------------------

local function new_buffer(size)
  local mutex = tm.mutex { name = "buffer" }
  return {
    mutex = mutex,
    not_full = tm.condition(mutex),   -- both release this mutex while they wait, and take it again
    not_empty = tm.condition(mutex),
    ring = {}, size = size, first = 1, count = 0, peak = 0,
  }
end

local function put(buffer, item)
  local _ <close> = buffer.mutex:lock()
  buffer.not_full:wait_for(function() return buffer.count < buffer.size end)
  buffer.ring[(buffer.first + buffer.count - 1) % buffer.size + 1] = item
  buffer.count = buffer.count + 1
  buffer.peak = math.max(buffer.peak, buffer.count)
  buffer.not_empty:notify()
end

local function take(buffer)
  local _ <close> = buffer.mutex:lock()
  buffer.not_empty:wait_for(function() return buffer.count > 0 end)
  local item = buffer.ring[buffer.first]
  buffer.first = buffer.first % buffer.size + 1
  buffer.count = buffer.count - 1
  buffer.not_full:notify()
  return item
end

-- Producers and consumers ----------------------------------------------------------------------

local function produce(buffer, from, to)
  for item = from, to do put(buffer, item) end
end

-- Takes items until it gets false; says how many, and marks each in `seen`.
local function consume(buffer, seen)
  local taken = 0
  for item in function() return take(buffer) or nil end do
    if seen[item] then error(("item %d came twice"):format(item)) end
    seen[item] = true
    taken = taken + 1
  end
  return taken
end

local function main(items, producers, consumers)
  local buffer, seen, started = new_buffer(capacity), {}, tm.now()
  local sources, sinks = {}, {}
  for i = 1, producers do
    sources[i] = tm.spawn(produce, buffer, (i - 1) * items + 1, i * items)
  end
  for i = 1, consumers do sinks[i] = tm.spawn(consume, buffer, seen) end
  tm.all(sources)
  for _ = 1, consumers do put(buffer, false) end  -- one end mark for each

  local sum = 0
  for i, taken in ipairs(tm.all(sinks)) do
    print(("consumer %d: %d items"):format(i, taken))
    sum = sum + taken
  end
  local seconds = tm.now() - started
  local put_in = items * producers
  print(("%d put in, %d taken out, each once: %s"):format(
    put_in, sum, sum == put_in and #seen == put_in and "yes" or "NO"))
  print(("never more than %d of %d places in use"):format(buffer.peak, capacity))
  print(("%.2f us for an item"):format(seconds / put_in * 1e6))
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("bounded_buffer: ", message, "\n",
    "usage: bounded_buffer.lua [ITEMS [PRODUCERS [CONSUMERS]]]\n")
  os.exit(2)
end

local function count(word, what)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 then
    misuse(("%s must be a whole number of at least 1, not '%s'"):format(what, word))
  end
  return n
end

if #arg > 3 then misuse("too many arguments") end
main(count(arg[1] or "20000", "ITEMS"), count(arg[2] or "3", "PRODUCERS"),
  count(arg[3] or "2", "CONSUMERS"))
