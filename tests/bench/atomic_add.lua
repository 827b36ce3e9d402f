-- One task adds 1 to an atomic n times. Beside it: reading, comparing and swapping, and two workers that
-- add at the same time.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(5000000)

local function timed(fn, ...)
  local started = tm.now()
  fn(...)
  return tm.now() - started
end

local function add(atomic, times)
  for _ = 1, times do atomic:add(1) end
end

local atomic = tm.atomic()
local seconds = timed(add, atomic, n)

local got = timed(function()
  for _ = 1, n do atomic:get() end
end)

local compared = timed(function()
  for i = n, 2 * n - 1 do atomic:cas(i, i + 1) end
end)

local one, other = bench.two_workers()
local both = timed(function()
  local jobs = { one:submit(add, atomic, n), other:submit(add, atomic, n) }
  for _, job in ipairs(jobs) do job:await() end
end)

bench.report { n = n, seconds = seconds, check = atomic:get(), expected = 4 * n,
               extra = { get_ns = got * 1e9 / n, cas_ns = compared * 1e9 / n,
                         two_workers_ns = both * 1e9 / (2 * n) } }
