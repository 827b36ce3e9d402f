-- The wall time of `tidemill -e ''`, the median of n starts. They go through sh, whose part is extra:
-- shell_ms is the median for a program that does nothing.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(50)
local binary = bench.quote(bench.binary)

local function start(command)
  local started = tm.now()
  local pipe = assert(io.popen("exec " .. command))
  local output = pipe:read("a")
  local ok = pipe:close()
  return tm.now() - started, ok, output
end

local starts, shells, good = {}, {}, 0
for i = 1, n do
  local ok
  starts[i], ok = start(binary .. " -e ''")
  if ok then good = good + 1 end
  shells[i] = start("true")
end
table.sort(starts)
table.sort(shells)

local memory = [[io.write(io.open("/proc/self/status"):read("a"):match("VmHWM:%s+(%d+)"))]]
local _, _, kib = start(binary .. " -e " .. bench.quote(memory))
local median = starts[(n + 1) // 2]
bench.report { n = n, ops = 1, seconds = median, rss_mb = tonumber(kib) / 1024, check = good,
               expected = n, extra = { shell_ms = shells[(n + 1) // 2] * 1e3 } }
