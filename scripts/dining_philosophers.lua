-- Dining philosophers: jobs on several workers share forks that are mutexes; a deadlock, if you like.
--
-- usage: dining_philosophers.lua [--deadlock] [PHILOSOPHERS [MEALS]]     (default 5 and 20)
--
-- Each philosopher needs the forks on both sides to eat. If all take the left one first, all may hold
-- one and wait for the other for ever. Taking the fork with the lower number first prevents that:
-- no circle can close, since along it the numbers would have to grow all the way round.
--
-- --deadlock lets all take the left fork and meet before they reach for the right one, so that the
-- circle closes every time. The last to wait gets the error, the others eat after all, and the program
-- ends with exit code 3.

local tm = require "tidemill"

local eating = 0.005  -- seconds a meal takes; others may eat meanwhile

-- A philosopher, a job: without forks it waits and leaves its worker to others. Returns the number of
-- meals and the seconds spent waiting for forks.
local function dine(first, second, meals)
  local eaten, waited = 0, 0
  while eaten < meals do
    local from = tm.now()
    local _ <close> = first:lock()
    local _ <close> = second:lock()
    waited = waited + tm.now() - from
    tm.sleep(eating)
    eaten = eaten + 1
  end
  return { eaten = eaten, waited = waited }
end

local function dine_carelessly(left, right, table_is_set)
  local _ <close> = left:lock()
  table_is_set:wait()  -- for the others, each with a fork in hand
  local _ <close> = right:lock()
end

local function lay_forks(n)
  local forks = {}
  for i = 1, n do forks[i] = tm.mutex { name = "fork " .. i } end
  return forks
end

local function dinner(n, meals)
  local pool <close> = tm.pool { workers = 3, name = "table" }
  local forks, guests, started = lay_forks(n), {}, tm.now()
  for i = 1, n do
    local left, right = i, i % n + 1
    local first, second = forks[math.min(left, right)], forks[math.max(left, right)]
    guests[i] = pool:submit(dine, first, second, meals)
  end
  local total = 0
  for i, result in ipairs(tm.all(guests)) do
    total = total + result.eaten
    print(("philosopher %d: %d meals, waited %.0f ms"):format(i, result.eaten, result.waited * 1e3))
  end
  print(("%d meals in %.0f ms, one after another they take %.0f"):format(
    total, (tm.now() - started) * 1e3, total * eating * 1e3))
end

local function fatal_dinner(n)
  local pool <close> = tm.pool { workers = 3, name = "table" }
  local forks, guests, table_is_set = lay_forks(n), {}, tm.barrier(n)
  for i = 1, n do
    guests[i] = pool:submit(dine_carelessly, forks[i], forks[i % n + 1], table_is_set)
  end
  -- The last to wait gets the deadlock. That closes its `_`, so the fork goes to a neighbour, who can
  -- eat, and so on round the table.
  local deadlock
  for i, outcome in ipairs(tm.settle(guests)) do
    print(("philosopher %d: %s"):format(i, outcome.ok and "ate" or outcome.error.kind))
    if not outcome.ok and outcome.error.kind == "deadlock" then deadlock = outcome.error end
  end
  error(deadlock, 0)
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("dining_philosophers: ", message, "\n",
    "usage: dining_philosophers.lua [--deadlock] [PHILOSOPHERS [MEALS]]\n")
  os.exit(2)
end

local function count(word, least, what)
  local n = math.tointeger(tonumber(word))
  if not n or n < least then
    misuse(("%s must be a whole number of at least %d, not '%s'"):format(what, least, word))
  end
  return n
end

local words, careless = {}, false
for _, word in ipairs(arg) do
  if word == "--deadlock" then careless = true else table.insert(words, word) end
end
if #words > 2 then misuse("too many arguments") end
local philosophers = count(words[1] or "5", 2, "PHILOSOPHERS")
local meals = count(words[2] or "20", 1, "MEALS")
if careless then fatal_dinner(philosophers) else dinner(philosophers, meals) end
