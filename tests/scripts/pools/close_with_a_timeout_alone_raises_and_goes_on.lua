-- And what then is closed with cancel ends.
local tm, check = require "tidemill", require "_helper"

local pool = tm.pool { workers = 1 }
local gate = tm.channel()
local job = pool:submit(function() return gate:recv() end)
local err = check.raises(function() pool:close { timeout = 0.01 } end, "still has jobs running")
check.equal(err.kind, "timeout")
check.equal(job:done(), false)
check.equal(select(2, pcall(pool.submit, pool, print)).kind, "closed")
gate:send "went on"
check.equal(job:await(), "went on")
pool:close { timeout = 1000 }

pool = tm.pool { workers = 1 }
local stuck = pool:submit(function() return gate:recv() end)
local queued = pool:submit(function() tm.sleep(60) end)
check.raises(function() pool:close { timeout = 0, cancel = false } end, "still has jobs running")
pool:close { cancel = true }
check.equal({ stuck:status(), queued:status() }, { "cancelled", "cancelled" })

local other <close> = tm.pool { workers = 1 }
for _, options in ipairs { { timeout = 0 / 0 }, { timeout = 0 / 0, cancel = true }, { timeout = "1" },
                           { cancel = 1 }, { cancels = true }, { 1 } } do
  check.raises(function() other:close(options) end, "close")
end
check.equal(other:submit(function() return 1 end):await(), 1)
