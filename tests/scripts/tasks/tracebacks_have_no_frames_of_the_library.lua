-- Which of its functions are written in Lua is no affair of scripts: those they have called look like functions
-- in C, and what goes on in there does not show.
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function boom() error("boom") end
local traces = {}
local function trace_of(name, task)
  check.equal(task:join(), false, name)
  traces[name] = tm.traceback(task)
end
local tasks = {
  map = function() tm.map(boom, 3):collect() end,
  loop = function() for _ in pool:map(boom, 3) do end end,
  each = function() tm.map(tostring, 3):each(boom) end,
  child = function() tm.scope(function(scope) scope:spawn(boom) end) end,
  body = function() tm.scope(boom) end,
  timeout = function() tm.timeout(1000, boom) end,
  late = function() tm.timeout(0.001, tm.sleep, 1000) end,
  shield = function() tm.shield(boom) end,
  all = function() tm.all { boom } end,
  any = function() tm.any { boom } end,
  run = function() tm.run(boom) end,
  stage = function() tm.pipeline():source(3):stage(boom):collect():run() end,
  sink = function() tm.pipeline():source(3):sink(boom):run() end,
  source = function() tm.pipeline():source(boom):collect():run() end,
  kid = function() tm.pipeline():source(1):sink(function() tm.spawn(boom) end):run() end,
  with = function() tm.mutex():with(boom) end,
  once = function() tm.once():call(boom) end,
  misuse = function() tm.pool { workers = "many" } end,
  deep = function()
    local function down(n) if n == 0 then boom() end down(n - 1) return n end
    tm.scope(function() down(500) return 1 end)
  end,
  overflow = function() local function f() return 1 + f() end f() end,
}
for name, fn in pairs(tasks) do trace_of(name, tm.spawn(fn)) end
trace_of("job", pool:submit(boom))
trace_of("timed", pool:job { boom, timeout = 1000 })
for name, trace in pairs(traces) do
  local text = name .. ": " .. trace
  check.truthy(trace:find "^stack traceback:\n" and trace:find "library.lua:%d+: in ", text)
  check.truthy(not trace:find("tidemill]", 1, true) and not trace:find "\n\n", text)
  if name ~= "late" and name ~= "misuse" and name ~= "overflow" then
    check.truthy(trace:find "\n\t%[C%]: in function 'error'\n\t[^\n]*library.lua:6: in ", text)
  end
end
local function has(name, text)
  check.truthy(traces[name]:find(text, 1, true), name .. ": " .. traces[name])
end
has("map", "\n\t[C]: in method 'collect'\n\t")
has("run", "\n\t[C]: in function 'tidemill.run'\n\t")
has("misuse", "stack traceback:\n\t[C]: in function 'tidemill.pool'\n\t")
has("with", "\n\t[C]: in method 'with'\n\t")
has("deep", "\n\t...\t(skipping ")
-- What one task has passed on is shown once.
for name, times in pairs { sink = 2, stage = 2, body = 2, with = 1, once = 1, job = 1 } do
  check.equal(select(2, traces[name]:gsub("stack traceback:", "")), times, name .. ": " .. traces[name])
end
-- Nothing of the script's is left of a job that was one call of a function in C.
trace_of("in C", tm.spawn(function() tm.map(math.sqrt, { "x" }):collect() end))
check.truthy(traces["in C"]:find "\nin item 1 of a map over [^\n]*\ntask #", traces["in C"])
-- A function in C that is the whole task is something of the script's.
local alone = tm.spawn(error, "alone")
alone:join()
check.truthy(tm.traceback(alone):find("^stack traceback:\n\t%[C%]: in function 'error'\n"), tm.traceback(alone))
