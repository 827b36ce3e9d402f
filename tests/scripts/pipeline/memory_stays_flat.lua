-- only: release debug asan
-- timeout: 400
local tm, check = require "tidemill", require "_helper"

-- The memory of the process in KiB.
local function rss()
  for line in io.lines("/proc/self/status") do
    local kib = line:match("^VmRSS:%s+(%d+)")
    if kib then return tonumber(kib) end
  end
end

local n = check.times(300000, 30000)
local early, late
local report = tm.pipeline():source(n)
  :stage("text", function(i) return ("item %d"):format(i) end, { workers = 2 })
  :stage("table", function(text) return { text = text, list = { 1, 2, 3 } } end)
  :filter(function(item) return #item.text % 2 == 0 end)
  :batch(50)
  :fold(0, function(count, batch)
    count = count + #batch
    if not early and count >= n // 10 then early = rss() end
    late = count
    return count
  end)
  :run()
late = rss()
check.truthy(report.result > 0)
check.truthy(late < early + check.times(8, 64) * 1024, ("%d KiB at a tenth, %d KiB at the end"):format(early, late))
