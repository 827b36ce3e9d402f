-- Bulk operations on a buffer of n f64, in GB/s of memory that is read or written (a copy does both). For
-- comparison memcpy, memset and a plain loop of sums in C++ on as much memory, if there is a compiler,
-- and Lua's own loop over a table. `seconds` is the time of one fill, copy and sum.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(16 << 20)
local extra = {}

-- Notes the best of five, and returns it in seconds. `bytes`: per element.
local function measure(name, elements, bytes, fn)
  local best = math.huge
  for _ = 1, 5 do
    local started = tm.now()
    fn()
    best = math.min(best, tm.now() - started)
  end
  extra[name .. "_gbs"] = elements * bytes / best / 1e9
  return best
end

local a, b = tm.buffer(n, "f64"):fill(1), tm.buffer(n, "f64"):fill(2)
local seconds = measure("fill", n, 8, function() a:fill(3) end)
  + measure("copy", n, 16, function() a:copy(b) end)
  + measure("sum", n, 8, function() a:sum() end)
measure("max", n, 8, function() a:max() end)
local sum = a:sum()
b = nil

for _, type in ipairs { "f32", "i64", "i32", "u8" } do
  local typed = tm.buffer(n, type):fill(1)
  local size = typed:bytes() / n
  measure("fill_" .. type, n, size, function() typed:fill(2) end)
  measure("sum_" .. type, n, size, function() typed:sum() end)
  measure("max_" .. type, n, size, function() typed:max() end)
  measure("to_f64_from_" .. type, n, size + 8, function() a:copy(typed) end)
end

local few, list = math.min(n, 1 << 20), {}
for i = 1, few do list[i] = 1.0 end
measure("table_sum", few, 8, function()
  local total = 0
  for i = 1, few do total = total + list[i] end
end)
measure("table_to_buffer", few, 8, function() a:copy(list) end)

local program = os.tmpname()
if os.execute(("c++ -O2 -o %s %s 2>/dev/null"):format(bench.quote(program),
                                                     bench.quote(bench.folder .. "memory_speed.cpp"))) then
  local pipe <close> = assert(io.popen(program .. " " .. n))
  for name, speed in pipe:read("a"):gmatch("(%w+) (%S+)") do extra["c_" .. name .. "_gbs"] = tonumber(speed) end
end
os.remove(program)

bench.report { n = n, seconds = seconds, check = sum, expected = 2.0 * n, extra = extra }
