-- At every instant one of two channels has a value: a poll of both never finds nothing.
local tm, check = require "tidemill", require "_helper"

local repetitions = tonumber(os.getenv "TSAN_OPTIONS" and 5000 or os.getenv "ASAN_OPTIONS" and 5000
  or 100000)
local a, b, go, done = tm.channel(1), tm.channel(1), tm.channel(1), tm.channel(1)
local pool <close> = tm.pool { workers = 1 }
local mover = pool:submit(function()
  for _ in go do
    b:send(1)     -- from here on one is in b
    a:try_recv()  -- only now a may become empty
    done:send(true)
  end
end)
local empty = 0
for _ = 1, repetitions do
  a:send(1)
  go:send(true)
  if not tm.select({ a, b }, 0) then empty = empty + 1 end
  done:recv()
  a:try_recv()
  b:try_recv()
end
go:close()
mover:await()
check.equal(empty, 0)
