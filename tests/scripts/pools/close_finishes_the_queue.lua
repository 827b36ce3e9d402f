local tm, check = require "tidemill", require "_helper"

local done = tm.channel(100)
local pool = tm.pool { workers = 2 }
for i = 1, 50 do
  pool:submit(function()
    if i % 5 == 0 then tm.sleep(0.001) end
    done:send(i)
  end)
end
pool:close()
check.equal(#done, 50)
pool:close()
pool:close()

local nested = tm.pool { workers = 1 }
local outer = nested:submit(function() tm.sleep(0.01) return "outer" end)
nested:close()
check.equal(outer:status(), "done")
check.equal(outer:await(), "outer")
