-- A semaphore limits how many requests are under way at once, however many tasks want to make one.
--
-- usage: rate_limit.lua [REQUESTS [LIMIT]]     (default 200 and 10)
--
-- The requests are simulated: each sleeps for a while, as if it waited for a server. Without the
-- limit all are under way together, which is quicker here, but no real server likes it.

local tm = require "tidemill"

local latency = 0.02  -- seconds for a request

-- Makes n requests, a task for each. `enter`, if given, is called before a request and returns what
-- to close after it. → the most that were under way at once, seconds
local function run(n, enter)
  local under_way, peak, answered, started = 0, 0, 0, tm.now()
  local function request()
    local _ <close> = enter and enter()
    under_way = under_way + 1
    peak = math.max(peak, under_way)
    tm.sleep(latency)
    under_way = under_way - 1
    answered = answered + 1
  end
  tm.scope(function(scope)
    for _ = 1, n do scope:spawn(request) end
  end)
  assert(answered == n)
  return peak, tm.now() - started
end

local function show(title, n, peak, seconds)
  print(("%-14s %8d %8.2f s %10.0f"):format(title, peak, seconds, n / seconds))
end

local function main(requests, limit)
  local permits = tm.semaphore(limit)
  print(("%d requests of %.0f ms"):format(requests, latency * 1e3))
  print(("%-14s %8s %10s %10s"):format("", "at once", "time", "requests/s"))
  show("limit of " .. limit, requests, run(requests, function() return permits:acquire() end))
  show("no limit", requests, run(requests))
  print("permits given back: " .. permits:value())
end

-- Arguments ------------------------------------------------------------------------------------

local function misuse(message)
  io.stderr:write("rate_limit: ", message, "\nusage: rate_limit.lua [REQUESTS [LIMIT]]\n")
  os.exit(2)
end

local function count(word, what)
  local n = math.tointeger(tonumber(word))
  if not n or n < 1 then
    misuse(("%s must be a whole number of at least 1, not '%s'"):format(what, word))
  end
  return n
end

if #arg > 2 then misuse("too many arguments") end
main(count(arg[1] or "200", "REQUESTS"), count(arg[2] or "10", "LIMIT"))
