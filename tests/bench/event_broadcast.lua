-- n tasks of one state wait for an event, which is then set. Measured is the time from there until all
-- have run.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(100000)
local event, latch = tm.event(), tm.latch(n)
local woken = 0

local function wait_for_it()
  event:wait()
  woken = woken + 1
  latch:done()
end

local started = tm.now()
local last
for _ = 1, n do last = tm.spawn(wait_for_it) end
repeat tm.yield() until last:status() == "waiting"
local parked = tm.now()

event:set()
latch:wait()
local seconds = tm.now() - parked

bench.report { n = n, seconds = seconds, check = woken, expected = n,
               extra = { park_ns = (parked - started) * 1e9 / n } }
