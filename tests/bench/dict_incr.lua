-- One task counts n times under one key of a dict. Beside it: reading and setting that key, counting
-- under 100000 keys in turn, and eight jobs on two workers, all on one key or each on keys of its own.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(3000000)
local jobs, keys = 8, 100000

local function timed(fn, ...)
  local started = tm.now()
  fn(...)
  return (tm.now() - started) * 1e9 / n
end

local dict = tm.dict()
local one_key = timed(function()
  for _ = 1, n do dict:incr("requests") end
end)
local got = timed(function()
  for _ = 1, n do dict:get("requests") end
end)
local set = timed(function()
  for i = 1, n do dict:set("last", i) end
end)
local many_keys = timed(function()
  for i = 1, n do dict:incr(i % keys) end
end)

local pool = bench.pool(2)

local function in_jobs(fn)
  local running = {}
  for i = 1, jobs do running[i] = pool:submit(fn, i, n // jobs) end
  for i = 1, jobs do running[i]:await() end
end
local jobs_one_key = timed(in_jobs, function(_, times)
  for _ = 1, times do dict:incr("shared") end
end)
local jobs_many_keys = timed(in_jobs, function(job, times)
  for i = 1, times do dict:incr(job * 1000000 + i % 1000) end
end)

local counted = dict:get("requests") + dict:get("shared")
bench.report { n = n, seconds = one_key * n / 1e9, check = counted, expected = n + n // jobs * jobs,
               extra = { get_ns = got, set_ns = set, many_keys_ns = many_keys,
                         jobs_one_key_ns = jobs_one_key, jobs_many_keys_ns = jobs_many_keys } }
