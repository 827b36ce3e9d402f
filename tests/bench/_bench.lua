-- What the benchmarks share: sizes, started workers, and the line of JSON that each prints. Each is
-- loaded by a path beside its own: local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")
local tm = require "tidemill"

local bench = { binary = arg[-1], folder = arg[0]:match("^.*/") or "" }

-- The size asked for on the command line, or `default`.
function bench.size(default)
  local size = arg[1] and math.tointeger(tonumber(arg[1])) or not arg[1] and default
  if not size or size < 1 then error("the size must be a whole number of at least 1", 0) end
  return size
end

-- A field of /proc/self/status in MiB: VmHWM is the most memory held so far, VmRSS what is held now.
function bench.memory(field)
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^" .. field .. ":%s+(%d+)")
    if kib then return kib / 1024 end
  end
  error("no " .. field .. " in /proc/self/status")
end

function bench.quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- Keeps a worker busy for long enough that another has to take the next job; says which one it was
-- (every worker has a library table of its own).
local function occupy()
  local started = tm.now()
  repeat until tm.now() - started > 0.002
  return tostring(tm)
end

-- A pool whose workers have all started: a pool starts a thread when a job needs it, which is not
-- what is measured.
function bench.pool(workers)
  local pool = tm.pool { workers = workers }
  local seen, count = {}, 0
  repeat
    local jobs = {}
    for i = 1, workers do jobs[i] = pool:submit(occupy) end
    for i = 1, workers do
      local worker = jobs[i]:await()
      if not seen[worker] then seen[worker], count = true, count + 1 end
    end
  until count == workers
  return pool
end

-- Two pools of one worker, for benchmarks that need two jobs on two threads: in one pool of two, a
-- job that waits frees its worker, which may then take the other job as well.
function bench.two_workers()
  return bench.pool(1), bench.pool(1)
end

-- Prints the result. `check` must be `expected`; `ops` is the number of operations if it is not n;
-- `extra` holds further numbers.
function bench.report(result)
  local name = arg[0]:match("([%w_]+)%.lua$")
  if result.check ~= result.expected then
    error(("%s computed %s, expected %s"):format(name, result.check, result.expected), 0)
  end
  local extra = {}
  for key, value in pairs(result.extra or {}) do
    extra[#extra + 1] = ('"%s":%.6g'):format(key, value)
  end
  table.sort(extra)
  print(('{"peer":"tidemill","bench":"%s","n":%d,"seconds":%.9f,"per_op_ns":%.3f,"rss_mb":%.2f,"check":%.0f,"extra":{%s}}')
    :format(name, result.n, result.seconds, result.seconds * 1e9 / (result.ops or result.n),
      result.rss_mb or bench.memory("VmHWM"), result.check, table.concat(extra, ",")))
end

return bench
