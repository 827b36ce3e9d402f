-- stderr~ ^tidemill: warning: %C* assigns captured
local tm, check = require "tidemill", require "_helper"

local pool <close> = tm.pool { workers = 1 }
local function memory()
  return pool:submit(function()
    collectgarbage()
    collectgarbage()
    return collectgarbage "count"
  end):await()
end
local function helper(n) return n + 1 end
local function plain(n) return n + 1 end
local function with_helper(n) return helper(n) end
local function measure(fn, ...)
  for _ = 1, 10 do pool:submit(fn, ...):await() end
  local before = memory()
  for _ = 1, check.times(3000, 300) do pool:submit(fn, ...):await() end
  return memory() - before
end
check.truthy(measure(plain, 1) < 20)
check.truthy(measure(with_helper, 1) < 20)

-- Neither captured values nor the job's globals stay until the next job of the same function.
local before, big = memory(), ("x"):rep(1000000)
local function captures() return #big end
local function sets() kept = ("y"):rep(1000000) .. "z" return #kept end
for _ = 1, 3 do check.equal({ pool:submit(captures):await(), pool:submit(sets):await() }, { 1000000, 1000001 }) end
check.truthy(memory() - before < 500)

-- Nor does the next job change what an earlier one has left elsewhere.
local n = 0
local function get() return n end
local function count(by)
  n = n + by
  local seen = package.loaded.seen or {}
  package.loaded.seen = seen
  seen[#seen + 1] = get
  local values = {}
  for i, f in ipairs(seen) do values[i] = f() end
  return values
end
for expected, by in pairs { 5, 7, 9 } do check.equal(#pool:submit(count, by):await(), expected) end
check.equal(pool:submit(count, 11):await(), { 5, 7, 9, 11 })
