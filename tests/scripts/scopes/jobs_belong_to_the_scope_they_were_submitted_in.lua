local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 2 }
local ended = tm.channel(math.huge)
local results = table.pack(tm.scope(function(scope)
  local jobs = {}
  for i = 1, 20 do
    jobs[i] = scope:submit(pool, function(n) ended:send(n) return n * n end, i)
  end
  return jobs[20]:await()
end))
check.equal({ results[1], #ended }, { 400, 20 })

-- A failing job ends the others, its error is a copy.
local waiting = tm.channel(1)
local jobs = {}
local err = check.raises(function()
  tm.scope(function(scope)
    jobs[1] = scope:submit(pool, function() waiting:send(1) tm.sleep(60) end)
    waiting:recv()
    jobs[2] = scope:submit(pool, function() error { code = 7 } end)
    jobs[3] = pool:submit(tm.sleep, 60)
    tm.sleep(60)
  end)
end)
check.equal({ err.errors.n, err.errors[1].code }, { 1, 7 })
check.equal({ jobs[1]:status(), jobs[2]:status(), jobs[3]:status() }, { "cancelled", "failed", "cancelled" })

-- A job with a scope of its own and children beside it: cancelling it ends them all.
local log = tm.channel(math.huge)
local path = os.tmpname()
local job = pool:submit(function(name)
  local _ <close> = setmetatable({}, { __close = function()
    local file <close> = assert(io.open(name, "a"))
    file:write "job\n"
  end })
  tm.scope(function(scope)
    for _ = 1, 3 do
      scope:spawn(function()
        local _ <close> = setmetatable({}, { __close = function()
          local file <close> = assert(io.open(name, "a"))
          file:write "child\n"
        end })
        log:send(1)
        tm.sleep(60)
      end)
    end
    scope:submit(pool, function() log:send(1) tm.sleep(60) end)
    tm.sleep(60)
  end)
end, path)
for _ = 1, 4 do log:recv() end
check.equal(job:cancel "stop", true)
local ok, problem = job:join(1000)
check.equal({ ok, problem.kind, problem.reason, problem.task == job }, { false, "cancelled", "stop", true })
check.equal(tm.fs.read(path), "child\nchild\nchild\njob\n")
os.remove(path)

-- In a scope that ends by itself in the worker the job goes on.
check.equal({ pool:submit(function()
  local n = select("#", tm.scope(function(scope)
    scope:spawn(function() scope:cancel "enough" end)
    tm.sleep(60)
  end))
  tm.sleep(0.001)
  local failed, group = pcall(tm.scope, function(scope) scope:spawn(error, "inner") tm.sleep(60) end)
  local timed, late = pcall(tm.timeout, 0.005, tm.sleep, 60)
  return n, failed, group.errors, timed, late.kind
end):await() }, { 0, false, { n = 1, "inner" }, false, "timeout" })
