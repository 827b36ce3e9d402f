local tm, check = require "tidemill", require "_helper"

-- The usual way to publish a new version of something that many read: whoever was late sees it.
local d = tm.dict()
local first = tm.freeze { version = 0 }
d:set("config", first)
check.equal(d:get "config", first)
check.equal(d:cas("config", tm.freeze { version = 0 }, tm.freeze { version = 9 }), false)
check.raises(function() d:cas("config", { version = 0 }, nil) end, "frozen table expected, got table")

local pool <close> = tm.pool { workers = 2 }
local jobs, each = {}, check.times(200, 50)
for j = 1, 4 do
  jobs[j] = pool:submit(function()
    for _ = 1, each do
      local old
      repeat
        old = d:get "config"
      until d:cas("config", old, tm.freeze { version = old.version + 1 })
    end
  end)
end
for j = 1, 4 do jobs[j]:await() end
check.equal(d:get "config".version, 4 * each)
check.equal(first.version, 0)
