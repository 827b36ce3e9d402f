-- The copy of tm.locals that a new task gets is what fails: no task must have been made before it,
-- or the job would wait for one that nobody starts.
local tm, check = require "tidemill", require "_helper"

local function job(make)
  for i = 1, 5000 do tm.locals[i] = i end
  local kept = {}
  pcall(function() while true do kept[#kept + 1] = ("x"):rep(1000) .. #kept end end)
  local ok, problem = pcall(make, function() end)
  kept = nil
  return ok, problem.kind
end

local pool <close> = tm.pool { workers = 1, memory_limit = 4000000 }
local makers = {
  spawn = tm.spawn,
  background = tm.background,
  scope = function(fn) tm.scope(function(scope) assert(scope:spawn(fn)) end) end,
}
for name, make in pairs(makers) do
  local ok, made, kind = pool:submit(job, make):join(30)
  if name == "scope" then kind = kind == "group" and "limit" or kind end
  check.equal({ ok, made, kind }, { true, false, "limit" }, name)
end
check.equal(pool:submit(function() return tm.spawn(function() return "well" end):await() end):await(), "well")
