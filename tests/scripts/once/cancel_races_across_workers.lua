-- repeat: 5
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 3 }
for _ = 1, 100 do
  local o, jobs = tm.once(), {}
  for i = 1, 3 do
    jobs[i] = pool:submit(function()
      return o:call(function()
        tm.yield()
        tm.yield()
        return "made"
      end)
    end)
  end
  tm.yield()
  jobs[1]:cancel()
  jobs[2]:cancel()
  for i = 1, 3 do
    local ok, value = jobs[i]:join(1000)
    check.truthy(ok and value == "made" or not ok and i < 3 and value.kind == "cancelled", tostring(value))
  end
  check.equal(o:call(error), "made")
end
