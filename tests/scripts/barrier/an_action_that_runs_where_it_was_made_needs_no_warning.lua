-- It is the function itself there, and what it assigns is seen: nothing may be said on standard error.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local rounds = 0
local b = tm.barrier(3, { action = function() rounds = rounds + 1 end })
for round = 1, 5 do
  for _ = 1, 2 do pool:submit(function() b:wait() end) end
  while b:waiting() < 2 do tm.yield() end
  b:wait()
  check.equal(rounds, round)
end
