local tm, check = require "tidemill", require "_helper"
local ways = require "jobs._ways"

for _, kind in ipairs(ways.kinds) do
  local pool <close> = tm.pool { kind = kind, workers = 2 }
  -- Nothing that an attempt does to its copies is there for the next.
  local calls, captured = tm.atomic(), { n = 0 }
  seen = 0
  local job = pool:job {
    function(list, limit)
      list[#list + 1] = "x"
      captured.n = captured.n + 1
      seen = seen + 1
      if calls:add() < limit then error { size = #list, n = captured.n, seen = seen } end
      return #list, captured.n, seen, calls:get()
    end,
    { "a" }, 3, retries = 5,
  }
  check.equal({ job:await() }, { 2, 1, 1, 3 })
  check.equal(captured.n, 0)

  -- The last error comes unchanged; the traceback says which attempt and shows nothing of ours.
  local failing = { code = 4 }
  local tries = tm.atomic()
  local function fail() tries:add() error(failing) end
  local job = pool:job { function() fail() end, retries = 2 }
  local ok, err = job:join()
  check.equal({ ok, err }, { false, { code = 4 } })
  check.equal(tries:get(), 3)
  local trace = tm.traceback(job)
  check.truthy(trace:find "^in attempt 3 of 3:\n", trace)
  check.truthy(trace:find "each_retry_begins_afresh.lua:%d+: in ", trace)
  check.truthy(not trace:find "tidemill%]", trace)
  for _, value in ipairs { false, 5, "text" } do
    check.equal(table.pack(pool:job { error, value, 0, retries = 1 }:join()), { n = 2, false, value })
  end
  check.equal(table.pack(pool:job { error, retries = 1 }:join()), { n = 2, false, nil })

  -- Each attempt has the whole time; a timeout is a failure like others.
  local begun = tm.atomic()
  local ok, err = pool:job { function() begun:add() require "tidemill".sleep(1000) end, timeout = 0.02, retries = 2 }:join()
  check.equal(ok, false)
  check.equal(err.kind, "timeout")
  check.equal(begun:get(), 3)

  -- The children of an attempt have ended before the next begins.
  local open, most = tm.atomic(), tm.atomic()
  local attempts = tm.atomic()
  local job = pool:job {
    function()
      local tm = require "tidemill"
      for _ = 1, 3 do
        tm.spawn(function()
          most:max(open:add())
          local _ <close> = setmetatable({}, { __close = function() open:sub() end })
          tm.sleep(1000)
        end)
      end
      tm.yield()
      if attempts:add() < 4 then error "again" end
      tm.scope(function() end)
      return "done"
    end,
    retries = 1,
  }
  local ok, err = job:join()
  check.equal(ok, false)
  check.equal(open:get(), 0)
  check.truthy(most:get() <= 3)

  -- Not after a cancellation, whenever it comes.
  local runs, started = tm.atomic(), tm.channel(math.huge)
  local job = pool:job { function() runs:add() started:send(true) require "tidemill".sleep(1000) end, retries = 9 }
  started:recv()
  job:cancel "enough"
  local ok, err = job:join()
  check.equal({ ok, err.kind, err.reason }, { false, "cancelled", "enough" })
  check.equal(job:status(), "cancelled")
  check.equal(runs:get(), 1)
  -- Also if what it raises in answer is something else.
  local runs = tm.atomic()
  local job = pool:job {
    function()
      runs:add()
      started:send(true)
      pcall(require "tidemill".sleep, 1000)
      error "instead"
    end,
    retries = 9,
  }
  started:recv()
  job:cancel()
  local ok = job:join()
  check.equal(ok, false)
  check.equal(runs:get(), 1)
  ways.check_usable(pool)
end
