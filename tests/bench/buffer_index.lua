-- Writes and then reads n elements of a buffer one by one; `extra` has both, and the same with a table.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(5000000)

local function seconds_of(fn, ...)
  local started = tm.now()
  local result = fn(...)
  return tm.now() - started, result
end

local function write(to)
  for i = 1, n do to[i] = i end
end

local function read(from)
  local sum = 0
  for i = 1, n do sum = sum + from[i] end
  return sum
end

local buffer, list = tm.buffer(n, "f64"):fill(1), {}
for i = 1, n do list[i] = 1.0 end  -- both have their memory before the clock starts
local write_buffer = seconds_of(write, buffer)
local read_buffer, sum = seconds_of(read, buffer)
local write_table = seconds_of(write, list)
local read_table, same = seconds_of(read, list)

bench.report { n = n, seconds = write_buffer + read_buffer, ops = 2 * n, check = sum, expected = same, extra = {
  write_ns = write_buffer * 1e9 / n, read_ns = read_buffer * 1e9 / n,
  table_write_ns = write_table * 1e9 / n, table_read_ns = read_table * 1e9 / n,
} }
