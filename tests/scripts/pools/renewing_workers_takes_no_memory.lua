-- only: release
local tm, check = require "tidemill", require "_helper"

local function pages()
  local file <close> = io.open "/proc/self/statm"
  return select(2, file:read("n", "n"))
end

local pool <close> = tm.pool { workers = 2, max_jobs_per_worker = 1 }
local function run(n)
  for i = 1, n do
    local job = pool:submit(function(k)
      local future, channel = tm.future(), tm.channel(1)
      channel:send { k }
      return k, future
    end, i)
    check.equal((job:await()), i)
  end
  collectgarbage()
end
run(500)
local before = pages()
run(4000)
check.truthy(pages() < before * 1.5 + 1000, "memory grew")
