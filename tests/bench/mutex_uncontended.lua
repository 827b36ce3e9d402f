-- One task locks and unlocks a mutex n times that nobody else wants. Beside it the same with a guard,
-- `local _ <close> = mutex:lock()`.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(5000000)
local mutex = tm.mutex()

local started = tm.now()
local count = 0
for _ = 1, n do
  mutex:lock()
  count = count + 1
  mutex:unlock()
end
local seconds = tm.now() - started

started = tm.now()
for _ = 1, n do
  local _ <close> = mutex:lock()
end
local guarded = tm.now() - started

bench.report { n = n, seconds = seconds, check = count, expected = n,
               extra = { guarded_ns = guarded * 1e9 / n } }
