-- Three deep, tm.map runs on the threads of one pool, one per CPU, and cannot wait for itself.
local tm, check = require "tidemill", require "_helper"

local function threads()
  local count = 0
  for _ in io.popen("ls /proc/" .. io.open("/proc/self/stat"):read "n" .. "/task"):lines() do count = count + 1 end
  return count
end
local cpus = tonumber(io.popen("nproc"):read "a")
local before = threads()
local function third(c) return c end
local function second(b)
  local sum = 0
  for _, value in tm.map(third, 5, { chunk = 1 }) do sum = sum + value end
  return sum + b
end
local function first(a)
  return tm.map(second, 4, { chunk = 1 }):fold(0, function(acc, value) return acc + value end) + a
end
local total = tm.map(first, 6, { chunk = 1 }):fold(0, function(acc, value) return acc + value end)
check.equal(total, 6 * (4 * 15 + 10) + 21)
check.truthy(threads() <= before + cpus + 1, "threads: " .. threads() - before)  -- one may watch

-- The pool of one worker, from a job of it.
local pool <close> = tm.pool { workers = 1, queue = 1 }
local function deep(n)
  if n == 0 then return 1 end
  return pool:map(deep, { n - 1, n - 1 }, { chunk = 1 }):fold(0, function(acc, value) return acc + value end)
end
check.equal(pool:submit(deep, 5):await(), 32)
