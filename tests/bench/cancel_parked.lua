-- n tasks of one state wait, a third each to receive from a channel, in a sleep and for a mutex. All
-- are cancelled, then awaited. Measured is the time from the first cancel until the last has ended.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(100000)
local channel, mutex = tm.channel(), tm.mutex()
local waits = {
  function() channel:recv() end,
  function() tm.sleep(3600) end,
  function() mutex:lock() end,
}
mutex:lock()

local started = tm.now()
local tasks = {}
for i = 1, n do tasks[i] = tm.spawn(waits[i % 3 + 1]) end
repeat tm.yield() until tasks[n]:status() == "waiting"
local parked = tm.now()

for i = 1, n do tasks[i]:cancel() end
local asked = tm.now()
local cancelled = 0
for i = 1, n do
  local ok, problem = tasks[i]:join()
  if not ok and problem.kind == "cancelled" then cancelled = cancelled + 1 end
end
local ended = tm.now()

bench.report { n = n, seconds = ended - parked, check = cancelled, expected = n,
               extra = { park_ns = (parked - started) * 1e9 / n,
                         cancel_call_ns = (asked - parked) * 1e9 / n } }
