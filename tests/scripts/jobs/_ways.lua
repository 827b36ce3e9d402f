-- Every way in which a job can be given to a pool: kind of pool, bounded queue or not, call.
local tm, check = require "tidemill", require "_helper"

local ways = { kinds = { "thread", "inline" } }

-- Each runs fn(...) in `pool` and gives what join does: true, results... or false, error.
ways.calls = {
  submit = function(pool, fn, ...) return pool:submit(fn, ...):join() end,
  job = function(pool, fn, ...) return pool:job { n = select("#", ...) + 1, fn, ... }:join() end,
  guarded = function(pool, fn, ...)
    return pool:job { n = select("#", ...) + 1, timeout = 1000, fn, ... }:join()
  end,
  map = function(pool, fn, ...)
    local args, n = { ... }, select("#", ...)
    return pcall(function()
      for _, result in pool:map(function() return fn(table.unpack(args, 1, n)) end, 1) do return result end
    end)
  end,
}

-- That each worker of the pool still runs jobs, and several at a time.
function ways.check_usable(pool, what)
  local n = pool:stats().workers
  local all, jobs = tm.barrier(n), {}
  for i = 1, n do
    jobs[i] = pool:submit(function(i) all:wait() return i * 2 end, i)
  end
  for i = 1, n do check.equal(jobs[i]:await(), i * 2, what) end
end

-- Calls visit(pool, call, what) for each of them; `options` are for the pool, `names` the calls.
function ways.each(visit, options, names)
  for _, kind in ipairs(ways.kinds) do
    for _, queue in ipairs { math.huge, 1 } do
      local given = { kind = kind, queue = queue, workers = 2 }
      for key, value in pairs(options or {}) do given[key] = value end
      local pool <close> = tm.pool(given)
      for _, name in ipairs(names or { "submit", "job", "guarded", "map" }) do
        local what = ("%s, queue %s, %s"):format(kind, queue, name)
        visit(pool, ways.calls[name], what)
        ways.check_usable(pool, what)
      end
    end
  end
end

return ways
