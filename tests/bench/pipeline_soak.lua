-- Memory of a long pipeline: n items, of which a fifth are tables, through four stages; what the process
-- holds after a tenth, in the middle and at the end; it fails if that has grown by more than 4 MiB. Ten
-- million items, given as its argument, make a soak test.
local tm = require "tidemill"
local bench = dofile((arg[0]:match("^.*/") or "") .. "_bench.lua")

local n = bench.size(1000000)
local rss = {}
local seen = 0

local started = tm.now()
local report = tm.pipeline("soak")
  :source(n)
  :stage("text", function(i) return "item " .. i end)
  :stage("parse", function(text)
    local i = math.tointeger(text:match("%d+"))
    if i % 5 == 0 then return { i = i, text = text } end
    return i
  end, { workers = 2 })
  :filter("most", function(item) return type(item) == "table" or item % 7 ~= 0 end)
  :stage("number", function(item) return type(item) == "table" and item.i or item end, { workers = 2, ordered = false })
  :fold("count", 0, function(sum, i)
    seen = seen + 1
    if seen == n // 10 or seen == n // 2 then rss[#rss + 1] = bench.memory("VmRSS") end
    return sum + i
  end)
  :run()
local seconds = tm.now() - started
rss[#rss + 1] = bench.memory("VmRSS")

local expected = 0
for i = 1, n do
  if i % 5 == 0 or i % 7 ~= 0 then expected = expected + i end
end
if rss[#rss] > rss[1] + 4 then
  error(("memory has grown: %.1f MiB after a tenth, %.1f at the end"):format(rss[1], rss[#rss]), 0)
end
bench.report {
  n = n, seconds = seconds, check = report.result, expected = expected,
  extra = { rss_tenth_mb = rss[1], rss_half_mb = rss[2], rss_end_mb = rss[#rss] },
}
