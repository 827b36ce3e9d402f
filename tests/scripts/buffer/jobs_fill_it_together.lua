-- repeat: 3
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 4 }
local n, parts = check.times(100000, 10000), 8
local b, counts = tm.buffer(n, "i64"), tm.buffer(3, "i64")

-- Each its part, and all of them the counters.
local jobs = {}
for part = 1, parts do
  local from, to = (part - 1) * n // parts + 1, part * n // parts
  jobs[part] = pool:submit(function(mine, offset)
    for i = 1, #mine do
      mine[i] = offset + i
      counts:add(1, 1)
    end
    return counts:add(2, #mine)
  end, b:slice(from, to), from - 1)
end
local most = 0
for _, total in ipairs(tm.all(jobs)) do most = math.max(most, total) end
check.equal({ counts[1], counts[2], most }, { n, n, n })
check.equal({ b:sum(), b:min(), b:max() }, { n * (n + 1) // 2, 1, n })
