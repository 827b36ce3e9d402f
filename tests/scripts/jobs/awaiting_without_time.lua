-- C078: with timeout 0 a job that has not ended is a timeout; after that its outcome, however false.
local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

for _, kind in ipairs(ways.kinds) do
  local pool <close> = tm.pool { kind = kind, workers = 1 }
  local gate = tm.event()
  local job = pool:submit(function() gate:wait() return "value" end)
  check.equal(check.raises(function() job:await(0) end).kind, "timeout")
  check.equal({ job:join(0) }, { nil, "timeout" })
  gate:set()
  job:join()
  check.equal(job:await(0), "value")
  check.equal({ job:join(0) }, { true, "value" })
  for _, value in ipairs { false, 0, "" } do
    local failed = pool:submit(error, value)
    failed:join()
    check.equal(table.pack(failed:join(0)), { n = 2, false, value })
    check.equal(table.pack(pcall(failed.await, failed, 0)), { n = 2, false, value })
  end
  local failed = pool:submit(error)
  failed:join()
  check.equal(table.pack(failed:join(0)), { n = 2, false })
  local gone = pool:submit(function() gate:clear() gate:wait() end)
  gone:cancel()
  gone:join()
  check.equal(check.raises(function() gone:await(0) end).kind, "cancelled")
end
